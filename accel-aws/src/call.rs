//! One call, and what its answer means.

use std::sync::atomic::Ordering;

use accel_core::{Error, Place, Result};
use aws_sdk_ec2::error::SdkError;
use aws_sdk_ec2::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::aws::Inner;
use crate::clients::Apis;
use crate::error::{Effect, describe};

/// Where calls are made.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) aws: &'a Inner,
    pub(crate) place: &'a Place,
}

impl At<'_> {
    pub(crate) fn apis(&self) -> Apis {
        self.aws.clients.at(self.place)
    }

    pub(crate) fn ec2(&self) -> aws_sdk_ec2::Client {
        self.apis().ec2
    }

    pub(crate) fn elb(&self) -> aws_sdk_elasticloadbalancingv2::Client {
        self.apis().elb
    }

    /// The answer of a call that changes nothing.
    pub(crate) fn looked<T, E>(
        &self,
        operation: &str,
        answer: std::result::Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<T>
    where
        E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
    {
        answer.map_err(|error| self.error(operation, Effect::None, &error))
    }

    /// The answer of a call that makes or sets something.
    pub(crate) async fn make<T, E>(
        &self,
        operation: &str,
        call: impl Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T>
    where
        E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
    {
        self.mutate(operation, Effect::Make, call).await
    }

    /// The answer of a call that removes something: what is gone already is as asked.
    pub(crate) async fn remove<T, E>(
        &self,
        operation: &str,
        call: impl Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<Option<T>>
    where
        E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
    {
        match self.mutate(operation, Effect::Remove, call).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind() == accel_core::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn mutate<T, E>(
        &self,
        operation: &str,
        effect: Effect,
        call: impl Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T>
    where
        E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
    {
        // What was looked up before a change, or while it was under way, says nothing about what is now.
        self.aws.changes.fetch_add(1, Ordering::Relaxed);
        let answer = call.await;
        self.aws.changes.fetch_add(1, Ordering::Relaxed);
        answer.map_err(|error| self.error(operation, effect, &error))
    }

    /// An error in the engine's terms.
    pub(crate) fn error<E>(
        &self,
        operation: &str,
        effect: Effect,
        error: &SdkError<E, HttpResponse>,
    ) -> Error
    where
        E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
    {
        describe(operation, effect, error).operation(operation).place(self.place.clone())
    }

    /// An answer that lacks what AWS promises to put into it. The call took effect.
    pub(crate) fn incomplete(&self, operation: &str, what: &str) -> Error {
        let kind = accel_core::ErrorKind::Ambiguous;
        Error::new(kind, format!("the answer holds no {what}"))
            .operation(operation)
            .place(self.place.clone())
    }
}
