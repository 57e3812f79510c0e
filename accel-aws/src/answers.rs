//! What AWS answers, in tests: no test of this crate opens a connection.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_ec2::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use crate::aws::Aws;

/// Answers to actions of EC2, each to a request that holds a text; the first that fits is given. All else shows nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers {
    given: Vec<Given>,
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug, Clone)]
struct Given {
    action: &'static str,
    holds: &'static str,
    status: u16,
    body: String,
}

impl Answers {
    pub(crate) fn to(self, action: &'static str, holds: &'static str, body: &str) -> Self {
        let body = format!("<{action}Response>{body}</{action}Response>");
        self.with(Given { action, holds, status: 200, body })
    }

    pub(crate) fn refusal(self, action: &'static str, code: &str) -> Self {
        let body = format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors><RequestID>1</RequestID></Response>"
        );
        self.with(Given { action, holds: "", status: 400, body })
    }

    fn with(mut self, given: Given) -> Self {
        self.given.push(given);
        self
    }

    /// The backend that hears these.
    pub(crate) fn aws(&self) -> Aws {
        let answers = SharedHttpConnector::new(self.clone());
        let credentials = Credentials::new("AKIA", "secret", None, None, "a test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client_fn(move |_, _| answers.clone()));
        Aws::new(&config.build())
    }

    /// How many requests held this text.
    pub(crate) fn asked(&self, text: &str) -> usize {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|request| request.contains(text)).count()
    }

    fn answer(&self, request: &str) -> (u16, String) {
        let action =
            request.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default();
        let fits = |given: &&Given| given.action == action && request.contains(given.holds);
        match self.given.iter().find(fits) {
            Some(given) => (given.status, given.body.clone()),
            None => (200, format!("<{action}Response></{action}Response>")),
        }
    }
}

impl HttpConnector for Answers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let form = String::from_utf8_lossy(body).into_owned();
        let (status, body) = self.answer(&form);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(form);
        let status = StatusCode::try_from(status).expect("it is a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

pub(crate) fn wait<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(test)
}
