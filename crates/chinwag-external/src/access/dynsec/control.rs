//! Commands to the plugin, and its answers, over two topics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chinwag_broker::{Message, Properties, Qos};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::plan::Unit;
use crate::link::Link;

/// Where commands go.
pub const COMMANDS: &str = "$CONTROL/dynamic-security/v1";
/// Where the answers come from; to be subscribed to before the first command.
pub const RESPONSES: &str = "$CONTROL/dynamic-security/v1/response";
/// How long an answer may take: the plugin of Mosquitto 2.0 writes its file anew after each command.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of commands in one message, about.
const BATCH_BYTES: usize = 128 * 1024;
/// Units in one message at most.
const BATCH_UNITS: usize = 128;
/// The broker does nothing else while it works on a message: it should be done in so long …
const QUICK: Duration = Duration::from_millis(50);
/// … and must not take longer.
const SLOW: Duration = Duration::from_millis(150);

/// Why the broker's rules are not what they should be.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The connection is gone, or nobody listens.
    #[error("the broker does not answer on {RESPONSES}")]
    NoAnswer,
    /// Not what was expected.
    #[error("the broker answered {0}")]
    Answer(String),
    /// The user's rights have just become others; the broker ends the connection for it.
    #[error("the broker's user has got its rights; connect again")]
    ConnectAgain,
}

/// The way to the plugin: a connection to publish on, and what arrives on [`RESPONSES`].
pub struct Control {
    link: Arc<Link>,
    responses: mpsc::Receiver<Vec<u8>>,
    /// Others may administer the broker too, and everybody sees all answers.
    nonce: String,
    sent: u64,
    units_at_a_time: usize,
}

impl Control {
    /// Over `link`.
    pub fn new(link: Arc<Link>, responses: mpsc::Receiver<Vec<u8>>) -> Self {
        let nonce = Uuid::new_v4().simple().to_string();
        Self { link, responses, nonce, sent: 0, units_at_a_time: 2 }
    }

    async fn send(&self, commands: &[Value]) -> Result<(), ControlError> {
        let message = Message {
            topic: COMMANDS.into(),
            payload: json!({"commands": commands}).to_string().into(),
            qos: Qos::AtLeastOnce,
            retain: false,
            properties: Properties::default(),
        };
        self.link.publish(&message).await.map_err(|_| ControlError::NoAnswer)
    }

    /// One command, one answer.
    pub async fn ask(&mut self, command: Value, patience: Duration) -> Result<Value, ControlError> {
        let unit = Unit { account: None, commands: vec![command] };
        let mut answers = self.exchange(&[unit], patience).await?;
        answers.pop().and_then(|mut of_unit| of_unit.pop()).ok_or(ControlError::NoAnswer)
    }

    /// A command that ends our connection. Waits for that.
    pub async fn last_words(&mut self, command: &Value) -> Result<(), ControlError> {
        self.send(std::slice::from_ref(command)).await?;
        let ended = tokio::time::timeout(PATIENCE, self.link.ended()).await;
        ended.map(drop).map_err(|_| ControlError::Answer("nothing, but the connection stands".into()))
    }

    /// Works through `units`, as many at a time as the broker takes without pausing noticeably; gives the names of
    /// the accounts and the errors of those that went wrong.
    pub async fn work_through(&mut self, units: Vec<Unit>) -> Result<Vec<(String, String)>, ControlError> {
        let (mut wrong, mut rest) = (Vec::new(), units.as_slice());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(fitting(rest, self.units_at_a_time));
            let began = Instant::now();
            let answers = self.exchange(now, PATIENCE).await?;
            match began.elapsed() {
                quick if quick < QUICK => self.units_at_a_time = (self.units_at_a_time * 2).min(BATCH_UNITS),
                slow if slow > SLOW => self.units_at_a_time = (self.units_at_a_time / 2).max(1),
                _ => {}
            }
            for (unit, answers) in now.iter().zip(answers) {
                if let Some(error) = answers.iter().find_map(|answer| answer["error"].as_str()) {
                    wrong.push((unit.account.clone().unwrap_or_default(), error.to_owned()));
                }
            }
            rest = later;
        }
        Ok(wrong)
    }

    /// Sends units in one message; gives the answers to each.
    pub async fn exchange(
        &mut self,
        units: &[Unit],
        patience: Duration,
    ) -> Result<Vec<Vec<Value>>, ControlError> {
        self.sent += 1;
        let message = format!("{}.{}.", self.nonce, self.sent);
        let mut commands = Vec::new();
        for (number, unit) in units.iter().enumerate() {
            for command in &unit.commands {
                let mut command = command.clone();
                command["correlationData"] = format!("{message}{number}").into();
                commands.push(command);
            }
        }
        self.send(&commands).await?;
        tokio::time::timeout(patience, self.answers(&message, units.len()))
            .await
            .map_err(|_| ControlError::NoAnswer)?
    }

    async fn answers(&mut self, message: &str, units: usize) -> Result<Vec<Vec<Value>>, ControlError> {
        loop {
            let payload = self.responses.recv().await.ok_or(ControlError::NoAnswer)?;
            let Ok(mut answer) = serde_json::from_slice::<Value>(&payload) else { continue };
            let Value::Array(all) = answer["responses"].take() else { continue };
            let mut of_units = vec![Vec::new(); units];
            let mut ours = false;
            for answer in all {
                let correlation = answer["correlationData"].as_str().unwrap_or_default();
                let number =
                    correlation.strip_prefix(message).and_then(|number| number.parse::<usize>().ok());
                if let Some(unit) = number.and_then(|number| of_units.get_mut(number)) {
                    ours = true;
                    unit.push(answer);
                }
            }
            if ours {
                return Ok(of_units);
            }
        }
    }
}

/// How many of the first units go into one message.
fn fitting(units: &[Unit], at_most: usize) -> usize {
    let mut bytes = 0;
    let fit = units.iter().take(at_most).take_while(|unit| {
        bytes += unit.commands.iter().map(|command| command.to_string().len()).sum::<usize>();
        bytes <= BATCH_BYTES
    });
    fit.count().max(1)
}
