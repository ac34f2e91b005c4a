//! HTTP/1.1 over loopback: fixed answers by path, and a record of what was asked.

use interlock_supply::{Reach, Trust};
use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// Trust for clients of servers on this machine, which no configuration of theirs names.
pub fn near() -> Trust {
    Trust {
        reach: Reach::danger_everything(),
        ..Trust::default()
    }
}

/// How a path is answered.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Claimed length, when it is not the real one.
    pub length: Option<usize>,
    /// Close the connection without an answer this many times first.
    pub drops: usize,
    /// Answer 503 this many times first.
    pub busy: usize,
    /// Whoever has not this Authorization header is told 401 with this challenge.
    pub login: Option<(String, String)>,
}

impl Answer {
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
            length: None,
            drops: 0,
            busy: 0,
            login: None,
        }
    }

    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::new("")
        }
    }
}

#[derive(Default)]
struct Shared {
    answers: HashMap<String, Answer>,
    /// Path and Authorization header of every request.
    asked: Vec<(String, Option<String>)>,
    /// What was sent with requests that have a body.
    sent: Vec<String>,
}

pub struct Server {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Mutex::new(Shared::default()));
        let theirs = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = theirs.clone();
                std::thread::spawn(move || serve(&stream, &shared));
            }
        });
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub fn put(&self, path: &str, answer: Answer) {
        self.shared
            .lock()
            .unwrap()
            .answers
            .insert(path.into(), answer);
    }

    /// What a path is answered with.
    pub fn body(&self, path: &str) -> Option<Vec<u8>> {
        let shared = self.shared.lock().unwrap();
        shared.answers.get(path).map(|answer| answer.body.clone())
    }

    pub fn change(&self, path: &str, change: impl FnOnce(&mut Answer)) {
        change(
            self.shared
                .lock()
                .unwrap()
                .answers
                .get_mut(path)
                .expect(path),
        );
    }

    pub fn answer(&self, path: &str) -> Answer {
        self.shared.lock().unwrap().answers[path].clone()
    }

    pub fn asked(&self) -> Vec<(String, Option<String>)> {
        self.shared.lock().unwrap().asked.clone()
    }

    pub fn sent(&self) -> Vec<String> {
        self.shared.lock().unwrap().sent.clone()
    }

    pub fn asked_for(&self, part: &str) -> usize {
        self.asked()
            .iter()
            .filter(|(path, _)| path.contains(part))
            .count()
    }

    pub fn forget(&self) {
        self.shared.lock().unwrap().asked.clear();
    }
}

/// Answers on one connection until the client closes it. A client that goes away ends the thread.
fn serve(stream: &TcpStream, shared: &Mutex<Shared>) -> Option<()> {
    // What is written in pieces does not wait for the client to have the first.
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        reader
            .read_line(&mut line)
            .ok()
            .filter(|count| *count > 0)?;
        let path = line.split(' ').nth(1)?.to_owned();
        let (mut login, mut length) = (None, 0);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            if header.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("authorization")
            {
                login = Some(value.trim().to_owned());
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let answer = {
            let mut shared = shared.lock().unwrap();
            if length > 0 {
                shared
                    .sent
                    .push(String::from_utf8_lossy(&body).into_owned());
            }
            shared.asked.push((path.clone(), login.clone()));
            match shared.answers.get_mut(&path) {
                Some(answer) if answer.drops > 0 => {
                    answer.drops -= 1;
                    return None;
                }
                Some(answer) if answer.busy > 0 => {
                    answer.busy -= 1;
                    Answer::status(503)
                }
                Some(Answer {
                    login: Some((wanted, challenge)),
                    ..
                }) if login.as_ref() != Some(wanted) => Answer {
                    headers: vec![("WWW-Authenticate", challenge.clone())],
                    ..Answer::status(401)
                },
                Some(answer) => answer.clone(),
                None => Answer::status(404),
            }
        };
        let mut head = format!("HTTP/1.1 {} X\r\n", answer.status);
        head += &format!(
            "content-length: {}\r\n",
            answer.length.unwrap_or(answer.body.len())
        );
        for (name, value) in &answer.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut out = stream;
        out.write_all(head.as_bytes()).ok()?;
        out.write_all(b"\r\n").ok()?;
        out.write_all(&answer.body).ok()?;
        if answer.length.is_some() {
            return None;
        }
    }
}
