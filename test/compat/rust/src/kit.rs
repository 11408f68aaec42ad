//! What the chapters of the story share.

use aws_sdk_kinesis::error::SdkError;
use std::fmt::Debug;
use std::io::{Read, Write};
use std::net::TcpStream;

pub fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| fail(format!("{name} is not set")))
}

pub fn shard(n: usize) -> String {
    format!("shardId-{n:012}")
}

/// Every byte once.
pub fn blob() -> Vec<u8> {
    (0..=255).collect()
}

pub fn same<A: PartialEq<B> + Debug, B: Debug>(what: &str, got: A, want: B) {
    if got != want {
        fail(format!("{what}: got {got:?}, want {want:?}"));
    }
    println!("ok   {what}");
}

/// The answer of a call, or the end of the program.
pub fn must<T, E: Debug>(answer: Result<T, E>) -> T {
    answer.unwrap_or_else(|e| fail(format!("{e:?}")))
}

/// Ends the program unless the call was refused with the error.
pub fn refused<T, E: Debug, R: Debug>(
    name: &str,
    answer: Result<T, SdkError<E, R>>,
    is: impl Fn(&E) -> bool,
) {
    match answer {
        Err(SdkError::ServiceError(e)) if is(e.err()) => println!("ok   {name}"),
        Err(e) => fail(format!("got {e:?}, want {name}")),
        Ok(_) => fail(format!("got an answer, want {name}")),
    }
}

/// Moves the server's clock.
pub fn advance(minutes: u32) {
    let admin = env("COMPAT_ADMIN");
    let (address, folder) = admin.trim_start_matches("http://").split_once('/').unwrap();
    let mut connection = must(TcpStream::connect(address));
    must(write!(
        connection,
        "POST /{folder}/clock/advance?duration={minutes}m HTTP/1.1\r\nHost: {address}\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    ));
    let mut answer = String::new();
    must(connection.read_to_string(&mut answer));
    same(
        &format!("clock {minutes} minutes on"),
        answer.split(' ').nth(1),
        Some("200"),
    );
}

pub fn fail(words: String) -> ! {
    eprintln!("FAIL {words}");
    std::process::exit(1);
}
