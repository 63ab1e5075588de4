//! A mail server (SMTP) for the length of a test, which keeps what it is sent and does as it is told.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mail_parser::{MessageParser, MimeHeaders};
use mailin::{Action, Handler, Response, Session, SessionBuilder, response};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How it treats mail.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Mood {
    /// Takes it.
    #[default]
    Takes,
    /// Knows nobody of that address.
    KnowsNobody,
    /// Has no room at the moment.
    IsFull,
    /// Takes it, and is gone before it has said so.
    VanishesAfter,
}

/// A mail as it has arrived, read by a parser that the service does not use.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub from: String,
    pub to: Vec<String>,
    pub message_id: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// As it came over the line.
    pub raw: String,
}

/// The server; gone when it is dropped.
pub struct MailServer {
    address: SocketAddr,
    office: Office,
    serving: JoinHandle<()>,
}

#[derive(Clone, Default)]
struct Office(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    mood: Mood,
    arrived: Vec<Arrived>,
}

/// One session of a client.
struct Counter {
    office: Office,
    from: String,
    to: Vec<String>,
    data: Vec<u8>,
}

impl MailServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let office = Office::default();
        let serving = tokio::spawn(serve(listener, office.clone()));
        Self { address, office, serving }
    }

    /// As `--smtp-url` takes it.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn is(&self, mood: Mood) {
        self.office.kept().mood = mood;
    }

    /// What has arrived so far.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.office.kept().arrived.clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Office {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handler for Counter {
    fn mail(&mut self, _: IpAddr, _: &str, from: &str) -> Response {
        self.from = from.to_owned();
        response::OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        match self.office.kept().mood {
            Mood::KnowsNobody => {
                Response::custom(550, format!("5.1.1 <{to}> nobody of that name here"))
            }
            Mood::IsFull => response::OUT_OF_SPACE,
            Mood::Takes | Mood::VanishesAfter => {
                self.to.push(to.to_owned());
                response::OK
            }
        }
    }

    fn data(&mut self, line: &[u8]) -> std::io::Result<()> {
        self.data.extend(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let raw = String::from_utf8(std::mem::take(&mut self.data)).expect("mail is ASCII");
        let parsed = MessageParser::default().parse(raw.as_bytes()).expect("it is a mail");
        let part = |html: bool| {
            let parts = if html { &parsed.html_body } else { &parsed.text_body };
            assert_eq!(parts.len(), 1, "{raw}");
            let part = parsed.part(parts[0]).expect("is a part");
            let subtype = part.content_type().and_then(|kind| kind.subtype());
            assert_eq!(subtype, Some(if html { "html" } else { "plain" }), "{raw}");
            part.text_contents().expect("is text").to_owned()
        };
        let arrived = Arrived {
            from: self.from.clone(),
            to: std::mem::take(&mut self.to),
            message_id: parsed.message_id().expect("has an id").to_owned(),
            subject: parsed.subject().expect("has a subject").to_owned(),
            text: part(false).replace("\r\n", "\n"),
            html: part(true),
            raw: raw.clone(),
        };
        self.office.kept().arrived.push(arrived);
        response::OK
    }
}

async fn serve(listener: TcpListener, office: Office) {
    loop {
        let Ok((stream, from)) = listener.accept().await else { return };
        let counter =
            Counter { office: office.clone(), from: String::new(), to: vec![], data: vec![] };
        let session = SessionBuilder::new("mail.test").build(from.ip(), counter);
        // A client that goes away ends its session and nothing else.
        tokio::spawn(talk(stream, session, office.clone()));
    }
}

async fn talk(
    stream: TcpStream,
    mut session: Session<Counter>,
    office: Office,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    write.write_all(&session.greeting().buffer()?).await?;
    loop {
        let (mut line, before) = (vec![], office.kept().arrived.len());
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let answer = session.process(&line);
        let taken = office.kept().arrived.len() > before;
        if taken && office.kept().mood == Mood::VanishesAfter {
            return Ok(());
        }
        match answer.action {
            Action::NoReply => {}
            Action::Reply | Action::UpgradeTls => write.write_all(&answer.buffer()?).await?,
            Action::Close => return write.write_all(&answer.buffer()?).await,
        }
    }
}
