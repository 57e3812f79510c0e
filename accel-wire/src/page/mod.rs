//! The page in the browser: files that are part of the program, and the headers that keep every other page away.
//!
//! The page holds no data and no token. It asks the control endpoint as any other program does, with the token that stands in the
//! fragment of its address, which a browser sends to nobody.

use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};

use crate::service::Document;

/// Scripts and styles of this server, requests to this server, and nothing else; no text becomes markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The name of each file under the control endpoint's path, its type, and what is in it.
const FILES: &[(&str, &str, &str)] = &[
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    ("style.css", "text/css; charset=utf-8", include_str!("style.css")),
    ("app.js", "text/javascript; charset=utf-8", include_str!("app.js")),
    ("api.js", "text/javascript; charset=utf-8", include_str!("api.js")),
    ("calls.js", "text/javascript; charset=utf-8", include_str!("calls.js")),
    ("diagram.js", "text/javascript; charset=utf-8", include_str!("diagram.js")),
    ("layout.js", "text/javascript; charset=utf-8", include_str!("layout.js")),
    ("plan.js", "text/javascript; charset=utf-8", include_str!("plan.js")),
];

/// The file of that name.
pub(crate) fn file(name: &str) -> Option<Document> {
    let (_, content_type, text) = FILES.iter().find(|(known, _, _)| *known == name)?;
    Some(Document { status: 200, content_type, body: (*text).to_owned() })
}

/// What a browser is told with every answer of the control endpoint.
pub(crate) fn guard(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
