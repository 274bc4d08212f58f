//! Retained messages in memory. rmqtt has the store, but leaves it to the embedder to switch it on.

use std::time::Duration;

use async_trait::async_trait;
use rmqtt::retain::{DefaultRetainStorage, RetainStorage};
use rmqtt::types::{Retain, TopicFilter, TopicName};

#[derive(Default)]
pub struct Retained(DefaultRetainStorage);

#[async_trait]
impl RetainStorage for Retained {
    fn enable(&self) -> bool {
        true
    }

    /// An empty message removes. Nothing expires, whatever the broker proposes.
    async fn set(&self, topic: &TopicName, message: Retain, _expiry: Option<Duration>) -> rmqtt::Result<()> {
        self.0.set_with_timeout(topic, message, None).await
    }

    async fn get(&self, filter: &TopicFilter) -> rmqtt::Result<Vec<(TopicName, Retain)>> {
        self.0.get_message(filter).await
    }

    async fn count(&self) -> isize {
        self.0.count().await
    }

    async fn max(&self) -> isize {
        self.0.max().await
    }
}
