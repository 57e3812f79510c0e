//! The local AWS's own HTTP paths, `/_rig/…`: one request, one answer, one connection.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Posts `body` and gives the answer.
///
/// # Panics
///
/// If the local AWS is not there or does not like what it is told.
pub(crate) fn ask(port: u16, what: &str, body: &Value) -> Value {
    let body = body.to_string();
    let request = format!(
        "POST /_rig/{what} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len(),
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the local AWS listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout that is not zero");
    stream.write_all(request.as_bytes()).expect("the local AWS reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the local AWS answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer has a head and a body");
    assert!(head.starts_with("HTTP/1.1 200"), "/_rig/{what}: {answer}");
    serde_json::from_str(body).expect("the local AWS answers with JSON")
}
