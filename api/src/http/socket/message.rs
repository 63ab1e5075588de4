//! The messages of graphql-transport-ws, in both directions.

use async_graphql::ServerError;
use serde::Serialize;
use serde_json::Value;

use super::close::Close;
use crate::{
    auth::Credentials,
    http::{answer::Body, request::Parameters},
};

const MAX_ID_BYTES: usize = 128;

pub(super) enum ClientMessage {
    /// With what its payload shows of whoever asks.
    Init(Credentials),
    Ping(Option<Value>),
    Pong,
    Subscribe(String, Box<Parameters>),
    Complete(String),
}

impl ClientMessage {
    pub(super) fn parse(text: &str) -> Result<Self, Close> {
        let Ok(Value::Object(mut members)) = serde_json::from_str(text) else {
            return Err(Close::bad_message("Invalid message: not a JSON object"));
        };
        let Some(Value::String(kind)) = members.remove("type") else {
            return Err(Close::bad_message("Invalid message: no type"));
        };
        let payload = members.remove("payload").filter(|payload| !payload.is_null());
        let id = match members.remove("id") {
            Some(Value::String(id)) if (1..=MAX_ID_BYTES).contains(&id.len()) => Ok(id),
            Some(_) | None => {
                Err(Close::bad_message("Invalid message: the id is a string of 1 to 128 bytes"))
            }
        };
        match kind.as_str() {
            "connection_init" => Ok(Self::Init(shown(object(payload)?))),
            "ping" => Ok(Self::Ping(object(payload)?)),
            "pong" => object(payload).map(|_| Self::Pong),
            "complete" => id.map(Self::Complete),
            "subscribe" => {
                let parameters = Parameters::from_json(payload.unwrap_or_default());
                let parameters = parameters
                    .map_err(|_| Close::bad_message("Invalid message: no GraphQL payload"))?;
                Ok(Self::Subscribe(id?, Box::new(parameters)))
            }
            _ => Err(Close::bad_message("Invalid message: unknown type")),
        }
    }
}

fn object(payload: Option<Value>) -> Result<Option<Value>, Close> {
    match payload {
        None | Some(Value::Object(_)) => Ok(payload),
        Some(_) => Err(Close::bad_message("Invalid message: the payload is an object")),
    }
}

fn shown(payload: Option<Value>) -> Credentials {
    let payload = payload.unwrap_or_default();
    let text = |name: &str| payload.get(name).and_then(Value::as_str).map(str::to_owned);
    let authorization = text("authorization").or_else(|| text("Authorization"));
    Credentials { authorization, acting: text("acting") }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
    Next {
        id: &'a str,
        payload: Body,
    },
    Error {
        id: &'a str,
        payload: Vec<ServerError>,
    },
    Complete {
        id: &'a str,
    },
}
