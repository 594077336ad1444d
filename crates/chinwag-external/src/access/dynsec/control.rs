//! Commands to the plugin, and its responses, over two topics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chinwag_broker::{Message, Properties, Qos};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::plan::Unit;
use crate::link::Link;

/// The topic for commands.
pub const COMMANDS: &str = "$CONTROL/dynamic-security/v1";
/// The topic of the responses; must be subscribed to before the first command.
pub const RESPONSES: &str = "$CONTROL/dynamic-security/v1/response";
/// How long a response may take: the plugin of Mosquitto 2.0 rewrites its file after each command.
const PATIENCE: Duration = Duration::from_secs(20);
/// The approximate size of the commands in one message, in bytes.
const BATCH_BYTES: usize = 128 * 1024;
/// The maximum number of units in one message.
const BATCH_UNITS: usize = 128;
/// The broker does nothing else while it handles a message: if that takes less than this, the next has more units …
const QUICK: Duration = Duration::from_millis(50);
/// … and if it takes more than this, fewer.
const SLOW: Duration = Duration::from_millis(150);

/// The reason why the broker's rules could not be corrected.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The connection has ended, or nothing answers.
    #[error("the broker does not respond on {RESPONSES}")]
    NoAnswer,
    /// An unexpected response.
    #[error("the broker answered {0}")]
    Answer(String),
    /// The rights of the servers' user have just been changed; the broker ends the connection because of that.
    #[error("the broker's user has received its permissions; connect again")]
    ConnectAgain,
}

/// The interface to the plugin: a connection to publish on, and the messages on [`RESPONSES`].
pub struct Control {
    link: Arc<Link>,
    responses: mpsc::Receiver<Vec<u8>>,
    /// Part of all correlation data: others may administer the broker too, and everyone receives all responses.
    nonce: String,
    sent: u64,
    units_at_a_time: usize,
}

impl Control {
    /// Creates it with `link` as the connection.
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

    /// Sends one command and returns its response.
    pub async fn ask(&mut self, command: Value, patience: Duration) -> Result<Value, ControlError> {
        let unit = Unit { account: None, commands: vec![command] };
        let mut answers = self.exchange(&[unit], patience).await?;
        answers.pop().and_then(|mut of_unit| of_unit.pop()).ok_or(ControlError::NoAnswer)
    }

    /// Sends a command that ends this connection, and waits for that.
    pub async fn last_words(&mut self, command: &Value) -> Result<(), ControlError> {
        self.send(std::slice::from_ref(command)).await?;
        let ended = tokio::time::timeout(PATIENCE, self.link.ended()).await;
        ended.map(drop).map_err(|_| ControlError::Answer("nothing, but the connection stands".into()))
    }

    /// Sends all `units`, as many per message as the broker handles without a noticeable pause; returns the failed
    /// ones' accounts and errors.
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

    /// Sends units in one message; returns the responses to each.
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

/// Returns how many of the first units go into one message.
fn fitting(units: &[Unit], at_most: usize) -> usize {
    let mut bytes = 0;
    let fit = units.iter().take(at_most).take_while(|unit| {
        bytes += unit.commands.iter().map(|command| command.to_string().len()).sum::<usize>();
        bytes <= BATCH_BYTES
    });
    fit.count().max(1)
}
