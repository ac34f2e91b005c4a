//! The bare HTTP server that stands for the limit: hyper, a borrowed parse, one document. `bare-hyper PORT`.
//!
//! It checks nothing, keeps no sessions and has no bounds.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use interlock_bench::Fallible;
use interlock_bench::echo::answer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Fallible<()> {
    let port: u16 = std::env::args().nth(1).unwrap_or_default().parse()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(serve)),
        );
    }
}

async fn serve(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await;
    let body = body
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let mut out = Vec::with_capacity(256);
    let answered = answer(&body, &mut out).is_ok();
    let status = match (answered, out.is_empty()) {
        (false, _) => StatusCode::BAD_REQUEST,
        (true, true) => StatusCode::ACCEPTED,
        (true, false) => StatusCode::OK,
    };
    let mut response = Response::new(Full::from(out));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}
