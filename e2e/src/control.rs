//! HTTP to the local AWS: one request, one answer, one connection.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Asks or sets something of the local AWS itself (`/_rig/…`).
///
/// # Panics
///
/// If the local AWS is not there or does not like what it is told.
pub(crate) fn ask(port: u16, what: &str, body: &Value) -> Value {
    let path = format!("POST /_rig/{what}");
    let body = send(port, &path, "", "application/json", &body.to_string());
    serde_json::from_str(&body).expect("the local AWS answers with JSON")
}

/// Calls an action of EC2 as somebody else would, and gives the XML of the answer, or of the refusal. Nobody checks the signature.
///
/// # Panics
///
/// If there is no answer.
pub(crate) fn call(port: u16, key: &str, region: &str, form: &str) -> Result<String, String> {
    let scope = format!("Credential={key}/20260101/{region}/ec2/aws4_request");
    let signed =
        format!("Authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=00\r\n");
    exchange(port, "POST /", &signed, "application/x-www-form-urlencoded", form)
}

/// Asks or sets something of a simulated cloud on the wire (`/_cloud/…`): `what` begins with the method, and the path.
///
/// # Panics
///
/// If it is not there or does not like what it is told.
pub(crate) fn cloud(port: u16, token: &str, what: &str, body: &str) -> String {
    let (method, path) = what.split_once(' ').expect("a method and a path");
    let bearer = format!("Authorization: Bearer {token}\r\n");
    send(port, &format!("{method} /_cloud/{path}"), &bearer, "text/plain", body)
}

fn send(port: u16, path: &str, header: &str, kind: &str, body: &str) -> String {
    let answer = exchange(port, path, header, kind, body);
    answer.unwrap_or_else(|refusal| panic!("{path}: {refusal}"))
}

/// The body of an answer with status 200, or that of any other.
fn exchange(port: u16, path: &str, header: &str, kind: &str, body: &str) -> Result<String, String> {
    let request = format!(
        "{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{header}\
         Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len(),
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the local AWS listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout that is not zero");
    stream.write_all(request.as_bytes()).expect("the local AWS reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the local AWS answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer has a head and a body");
    let body = body.to_owned();
    if head.starts_with("HTTP/1.1 200") { Ok(body) } else { Err(body) }
}
