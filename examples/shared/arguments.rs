//! The little that these programs need of a command line: options with a value, and at most one word beside them.

use crate::Trouble;

/// The words of a command line that nobody has taken yet.
#[derive(Debug)]
pub struct Arguments {
    usage: &'static str,
    words: Vec<String>,
}

impl Arguments {
    /// The arguments of this process; none if it is only asked for its usage, which is then printed. It is also shown with every
    /// complaint about them.
    #[expect(clippy::print_stdout, reason = "the usage is what was asked for")]
    pub fn of_process(usage: &'static str) -> Option<Self> {
        let words: Vec<String> = std::env::args().skip(1).collect();
        if words.iter().any(|word| word == "--help" || word == "-h") {
            println!("usage: {usage}");
            return None;
        }
        Some(Self { usage, words })
    }

    /// Takes an option (`--cloud`) with its value, if it is there.
    ///
    /// # Errors
    /// If it has no value.
    pub fn option(&mut self, name: &str) -> Result<Option<String>, Trouble> {
        let Some(at) = self.words.iter().position(|word| word == name) else { return Ok(None) };
        if at + 1 == self.words.len() {
            return Err(self.wrong(&format!("{name} needs a value")));
        }
        Ok(self.words.drain(at..at + 2).nth(1))
    }

    /// The only word that is left, if there is one.
    ///
    /// # Errors
    /// If there are more, or if it looks like an option.
    pub fn last(mut self) -> Result<Option<String>, Trouble> {
        let last = self.words.pop();
        let stray = self.words.iter().chain(&last).find(|word| word.starts_with('-'));
        match stray.or(self.words.first()) {
            Some(word) => Err(self.wrong(&format!("{word:?} is not understood"))),
            None => Ok(last),
        }
    }

    /// No word is left.
    ///
    /// # Errors
    /// If there is one.
    pub fn none(&self) -> Result<(), Trouble> {
        match self.words.first() {
            Some(word) => Err(self.wrong(&format!("{word:?} is not understood"))),
            None => Ok(()),
        }
    }

    /// Something is wrong with the arguments.
    pub fn wrong(&self, what: &str) -> Trouble {
        format!("{what}\nusage: {}", self.usage).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        let words = line.split_whitespace().map(str::to_owned).collect();
        Arguments { usage: "deploy [SPEC] [--speed N]", words }
    }

    #[test]
    fn options_may_stand_before_and_after_the_word() {
        for line in ["a.toml --speed 5", "--speed 5 a.toml"] {
            let mut arguments = arguments(line);
            assert_eq!(arguments.option("--cloud").unwrap(), None);
            assert_eq!(arguments.option("--speed").unwrap().as_deref(), Some("5"));
            assert_eq!(arguments.last().unwrap().as_deref(), Some("a.toml"));
        }
    }

    #[test]
    fn what_is_not_understood_is_named_with_the_usage() {
        assert!(arguments("--speed").option("--speed").is_err());
        for (line, word) in [("--fast", "--fast"), ("a b", "\"a\""), ("a --fast", "--fast")] {
            let trouble = arguments(line).last().unwrap_err().to_string();
            assert!(trouble.contains(word) && trouble.contains("usage: deploy"), "{trouble}");
        }
    }
}
