//! Real descriptors: pipes, sockets, files.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use interlock_sdk::duplex::{Descriptor, ServeError};
use rustix::fs::{OFlags, fcntl_getfl};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::raw::{Era, by_id, server, text_of};

fn pipe() -> (OwnedFd, OwnedFd) {
    let (reader, writer) = std::io::pipe().unwrap();
    (reader.into(), writer.into())
}

#[tokio::test]
async fn large_messages_pass_through_pipes() {
    let ((server_in, client_out), (client_in, server_out)) = (pipe(), pipe());
    let served = tokio::spawn(async move {
        let (input, output) = (
            Descriptor::reading(server_in)?,
            Descriptor::writing(server_out)?,
        );
        server()
            .serve_on(input, output)
            .await
            .map_err(std::io::Error::other)
    });
    let mut input = Descriptor::writing(client_out).unwrap();
    let mut output = BufReader::new(Descriptor::reading(client_in).unwrap()).lines();
    for size in [1, 70_000, 1 << 20, 5] {
        let text = "z".repeat(size);
        let call = Era::Modern.echo(1, &text);
        let writing = async { input.write_all(call.as_bytes()).await.unwrap() };
        let (line, ()) = tokio::join!(output.next_line(), writing);
        let answer = serde_json::from_str(&line.unwrap().unwrap()).unwrap();
        assert!(text_of(&answer) == text, "{size}");
    }
    drop(input);
    assert!(output.next_line().await.unwrap().is_none());
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_open_file_gets_its_flags_back() {
    let (reader, writer) = pipe();
    let (same_reader, same_writer) = (reader.try_clone().unwrap(), writer.try_clone().unwrap());
    let nonblocking = |fd: &OwnedFd| fcntl_getfl(fd).unwrap().contains(OFlags::NONBLOCK);
    let input = Descriptor::reading(reader).unwrap();
    let output = Descriptor::writing(writer).unwrap();
    assert!(nonblocking(&same_reader) && nonblocking(&same_writer));
    drop((input, output));
    assert!(!nonblocking(&same_reader) && !nonblocking(&same_writer));
}

/// `server < requests > answers`
#[tokio::test]
async fn files_can_stand_for_pipes() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    std::fs::write(
        at("in"),
        Era::Modern.echo(1, "x") + &Era::Modern.echo(2, "y"),
    )
    .unwrap();
    for (input, expected) in [(at("in"), 2), ("/dev/null".into(), 0)] {
        let input = Descriptor::reading(File::open(input).unwrap().into()).unwrap();
        let output = Descriptor::writing(File::create(at("out")).unwrap().into()).unwrap();
        server().serve_on(input, output).await.unwrap();
        let answers = by_id(&std::fs::read_to_string(at("out")).unwrap());
        assert_eq!(answers.len(), expected);
    }
}

#[tokio::test]
async fn a_socket_of_any_kind_will_do() {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let theirs = OwnedFd::from(theirs);
    let input = Descriptor::reading(theirs.try_clone().unwrap()).unwrap();
    let output = Descriptor::writing(theirs).unwrap();
    let served = tokio::spawn(async move { server().serve_on(input, output).await });
    ours.set_nonblocking(true).unwrap();
    let mut ours = UnixStream::from_std(ours).unwrap();
    ours.write_all(Era::Modern.echo(1, "x").as_bytes())
        .await
        .unwrap();
    ours.shutdown().await.unwrap();
    let mut said = String::new();
    ours.read_to_string(&mut said).await.unwrap();
    assert_eq!(text_of(&by_id(&said)["1"]), "x");
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_wrong_end_is_an_error_and_no_panic() {
    let (reader, writer) = pipe();
    assert!(Descriptor::reading(writer).is_err());
    assert!(Descriptor::writing(reader).is_err());
    let (reader, writer) = pipe();
    let mut reader = Descriptor::reading(reader).unwrap();
    let mut writer = Descriptor::writing(writer).unwrap();
    assert!(reader.write_all(b"x").await.is_err());
    assert!(writer.read_u8().await.is_err());
}

async fn ask(path: &Path) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(path).await?;
    stream
        .write_all(Era::Modern.echo(1, "over a socket").as_bytes())
        .await?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await?;
    Ok(line)
}

/// Waits until the socket is there.
async fn connected(path: &Path) -> String {
    loop {
        if let Ok(answer) = ask(path).await {
            return answer;
        }
        tokio::task::yield_now().await;
    }
}

// SPEC: 2026-07-28/basic/transports/index/custom-transports:3 2026-07-28/basic/transports/stdio/top:5
#[tokio::test]
async fn a_unix_socket_is_for_this_user_and_goes_with_its_server() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    for _again in 0..2 {
        let at = path.clone();
        let served = tokio::spawn(async move { server().serve_unix(at).await });
        let answer = serde_json::from_str(&connected(&path).await).unwrap();
        assert_eq!(text_of(&answer), "over a socket");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // A second server does not take it over.
        let second = server().serve_unix(&path).await;
        assert!(matches!(second, Err(ServeError::Open(_))), "{second:?}");
        served.abort();
        assert!(served.await.unwrap_err().is_cancelled());
        assert!(!path.exists());
    }
}

#[tokio::test]
async fn only_a_dead_socket_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    std::fs::write(&path, "a file").unwrap();
    let refused = server().serve_unix(&path).await;
    assert!(matches!(refused, Err(ServeError::Open(_))), "{refused:?}");
    let mut kept = String::new();
    File::open(&path)
        .unwrap()
        .read_to_string(&mut kept)
        .unwrap();
    assert_eq!(kept, "a file");
    std::fs::remove_file(&path).unwrap();
    // A listener that is dropped leaves its file.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let at = path.clone();
    let served = tokio::spawn(async move { server().serve_unix(at).await });
    connected(&path).await;
    served.abort();
}
