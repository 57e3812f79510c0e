//! Raw HTTP to the server: one request, one answer, one connection. No client library may mend what is wrong with either.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    /// The text of the first element of that name.
    pub(crate) fn element(&self, name: &str) -> String {
        let rest = self.body.split_once(&format!("<{name}>")).map(|(_, rest)| rest);
        let text = rest.and_then(|rest| rest.split_once('<')).map(|(text, _)| text.to_owned());
        text.unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }
}

/// Sends a request; whoever needs another `Host` than the server's own says so.
pub(crate) fn send(
    to: SocketAddr,
    request: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> std::io::Result<Answer> {
    let own = to.to_string();
    let host = if headers.iter().any(|(name, _)| *name == "Host") { None } else { Some(own) };
    let host = host.iter().map(|host| ("Host", host.as_str()));
    let lines = host.chain(headers.iter().copied());
    let lines: Vec<String> = lines.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (lines, length) = (lines.concat(), body.len());
    let text = format!(
        "{request} HTTP/1.1\r\nConnection: close\r\n{lines}Content-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(text.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head and a body");
    let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// Calls an action as any client would; nobody checks the signature.
pub(crate) fn call(to: SocketAddr, service: &str, region: &str, form: &str) -> Answer {
    let version = if service == "ec2" { "2016-11-15" } else { "2015-12-01" };
    let form = format!("{form}&Version={version}");
    let scope = format!("Credential=AKIAPAGEEXAMPLE/20260101/{region}/{service}/aws4_request");
    let signed = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature={:064}", 0);
    let form_type = "application/x-www-form-urlencoded";
    let headers = [("Authorization", signed.as_str()), ("Content-Type", form_type)];
    send(to, "POST /", &headers, &form).expect("the server answers")
}
