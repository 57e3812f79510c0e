//! What a hosts file becomes, on files that people have.

use proptest::prelude::*;

use super::block::tests::block;
use super::text::{hosts_lanes, hosts_with, hosts_without};
use super::{HostsBlock, HostsError, HostsLine};

const SQS: &str = "sqs.ap-southeast-3.amazonaws.com";
const KMS: &str = "kms.ap-southeast-3.amazonaws.com";
const USUAL: &str = "127.0.0.1\tlocalhost\n::1 localhost ip6-localhost # of this machine\n\n";

fn with(text: &str, block: &HostsBlock) -> String {
    String::from_utf8(hosts_with(text.as_bytes(), block).unwrap()).unwrap()
}

fn without(text: &str, lane: &str) -> String {
    String::from_utf8(hosts_without(text.as_bytes(), lane).unwrap()).unwrap()
}

#[track_caller]
fn broken(text: &str) -> Vec<HostsLine> {
    let refused = hosts_with(text.as_bytes(), &block("new", KMS)).unwrap_err();
    assert_eq!(refused.to_string(), hosts_without(text.as_bytes(), "new").unwrap_err().to_string());
    let HostsError::Broken(lines) = refused else { panic!("{refused:?}") };
    lines
}

#[track_caller]
fn claimed(text: &str, block: &HostsBlock) -> Vec<HostsLine> {
    match hosts_with(text.as_bytes(), block) {
        Err(HostsError::Claimed(lines)) => lines,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_block_comes_to_the_end_and_goes_without_a_trace() {
    let applied = with(USUAL, &block("lane", SQS));
    assert_eq!(applied, format!("{USUAL}{}", block("lane", SQS)));
    assert_eq!(without(&applied, "lane"), USUAL);
    assert_eq!(without(&applied, "other"), applied);
}

#[test]
fn applied_again_it_is_the_same_and_with_new_settings_it_takes_the_place_of_the_old() {
    let first = with(USUAL, &block("lane", SQS));
    assert_eq!(with(&first, &block("lane", SQS)), first);
    let more = format!("{first}192.0.2.1 mine\n");
    let mut new = block("lane", SQS);
    new.generation = "fedcba9876543210".into();
    new.lines.pop();
    let second = with(&more, &new);
    assert_eq!(second, format!("{USUAL}{new}192.0.2.1 mine\n"));
    assert_eq!(without(&second, "lane"), format!("{USUAL}192.0.2.1 mine\n"));
}

#[test]
fn windows_line_endings_are_kept_and_used() {
    let text = "127.0.0.1 localhost\r\n";
    let applied = with(text, &block("lane", SQS));
    assert!(applied.lines().count() > 5 && !applied.replace("\r\n", "").contains(['\r', '\n']));
    assert_eq!(without(&applied, "lane"), text);
}

#[test]
fn a_missing_newline_at_the_end_is_missing_again_afterwards() {
    for text in ["127.0.0.1 localhost", "a\r\nb", "a\nb\r", "b\r", "\n\nx"] {
        let applied = with(text, &block("lane", SQS));
        assert!(applied.ends_with('\n'), "what others add comes on a line of its own");
        assert_eq!(without(&applied, "lane"), text, "{text:?}");
        let more = format!("{applied}192.0.2.1 mine\n");
        assert!(without(&more, "lane").ends_with("\n192.0.2.1 mine\n"), "{text:?}");
    }
}

#[test]
fn lanes_live_beside_each_other() {
    let (sqs, kms) = (block("one", SQS), block("two", KMS));
    let both = with(&with("x", &sqs), &kms);
    assert_eq!(hosts_lanes(both.as_bytes()).unwrap(), ["one", "two"]);
    assert_eq!(without(&without(&both, "one"), "two"), "x");
    assert_eq!(without(&without(&both, "two"), "one"), "x");
}

#[test]
fn broken_markers_are_refused_with_their_lines() {
    let whole = block("lane", SQS).to_string();
    let end = "# END accel lane=lane\n";
    let begin_only = whole.replace(end, "");
    let found = broken(&format!("x\n{begin_only}"));
    assert_eq!((found[0].line, found.len()), (2, 1), "{found:?}");
    let found = broken(&format!("x\n{end}"));
    assert_eq!((found[0].line, found.len()), (2, 1), "{found:?}");
    let found = broken(&format!("{begin_only}{}{end}", block("inner", KMS)));
    assert_eq!(found.iter().map(|at| at.line).collect::<Vec<_>>(), [1, 16], "{found:?}");
    let found = broken(&format!("{whole}{whole}"));
    assert_eq!(found[0].line, 9, "{found:?}");
    assert!(found[0].problem.contains("line 1"), "{found:?}");
    for marker in [
        "# BEGIN accel lane=",
        "# BEGIN accel lane=a b",
        "# BEGIN accel lane=ä generation=x expires=never",
    ] {
        assert_eq!(broken(marker)[0].line, 1, "{marker}");
    }
}

#[test]
fn lines_of_others_inside_a_block_are_refused_rather_than_lost() {
    let whole = block("lane", SQS).to_string();
    for mine in ["192.0.2.1 mine too", "::1 mine", "# a remark", ""] {
        let text = whole.replace("# END", &format!("{mine}\n# END"));
        let found = broken(&text);
        assert_eq!(found[0].line, 8, "{found:?}");
        assert!(found[0].problem.contains("move it out"), "{found:?}");
    }
}

#[test]
fn a_host_that_another_lane_has_is_refused_with_its_name() {
    let text = with(USUAL, &block("first", SQS));
    let found = claimed(&text, &block("second", SQS));
    assert_eq!(found[0].line, 4);
    assert!(found[0].problem.contains("lane first"), "{found:?}");
}

#[test]
fn a_host_that_the_user_has_a_line_for_is_refused_with_the_line() {
    for mine in [
        "10.0.0.1 other sqs.ap-southeast-3.amazonaws.com # by hand",
        "\t::1\tSQS.ap-southeast-3.AMAZONAWS.com.",
    ] {
        let found = claimed(&format!("{USUAL}{mine}\n"), &block("lane", SQS));
        assert_eq!((found[0].line, found.len()), (4, 1), "{found:?}");
    }
    for others in [
        "# 10.0.0.1 sqs.ap-southeast-3.amazonaws.com",
        "10.0.0.1 x.sqs.ap-southeast-3.amazonaws.com",
        "sqs.ap-southeast-3.amazonaws.com other",
    ] {
        with(&format!("{others}\n"), &block("lane", SQS));
    }
}

/// Files as people have them, with everything that is hard for us.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        "[ -~\t]{0,40}",
        Just("127.0.0.1 localhost".to_owned()),
        Just("# accel: something".to_owned()),
        Just(block("other", "sns.eu-west-1.amazonaws.com").to_string()),
        Just("\u{feff}# ünïcode \r".to_owned()),
    ];
    let ending = prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("")];
    proptest::collection::vec((line, ending), 0..12).prop_map(|lines| {
        lines.into_iter().flat_map(|(line, end)| [line.into_bytes(), end.into()].concat()).collect()
    })
}

proptest! {
    #[test]
    fn what_was_applied_and_removed_never_was(
        text in prop_oneof![file(), proptest::collection::vec(any::<u8>(), 0..200)],
        first_out in any::<bool>(),
    ) {
        let (one, two) = (block("one", SQS), block("two", KMS));
        let Ok(applied) = hosts_with(&text, &one) else { return Ok(()) };
        prop_assert_eq!(&hosts_without(&applied, "one").unwrap(), &text);
        prop_assert_eq!(&hosts_with(&applied, &one).unwrap(), &applied);
        let both = hosts_with(&applied, &two).unwrap();
        let (first, second) = if first_out { ("one", "two") } else { ("two", "one") };
        let less = hosts_without(&both, first).unwrap();
        prop_assert_eq!(&hosts_without(&less, second).unwrap(), &text);
    }

    #[test]
    fn nothing_that_is_read_panics(
        pieces in proptest::collection::vec(prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..20),
            Just(b"\n".to_vec()),
            Just(b"# BEGIN accel lane=one generation=- expires=never".to_vec()),
            Just(b" newline=lf".to_vec()),
            Just(b"# END accel lane=one".to_vec()),
        ], 0..12),
    ) {
        let text = pieces.concat();
        if let Ok(less) = hosts_without(&text, "one") {
            prop_assert!(less.len() <= text.len());
        }
        drop(hosts_with(&text, &block("one", SQS)));
        drop(hosts_lanes(&text));
    }
}
