//! What a service answers to somebody whom it does not know.

/// The headers in which services of AWS name a request, most usual first.
const REQUEST_IDS: [&str; 5] =
    ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id", "x-amz-apigw-id", "x-amz-id-2"];

/// The beginning of an answer. Any answer proves the path, 403 and 404 included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, their names in lower case; what is not UTF-8 is replaced.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body: 4 KiB at most, and what came within the deadline.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// How the service calls this request, if it is one of AWS.
    pub fn request_id(&self) -> Option<&str> {
        REQUEST_IDS.iter().find_map(|name| self.header(name))
    }
}
