//! Listening, accepting, and HTTP on a connection until it ends or a fault takes it over.

use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;
use tower_service::Service as _;

use super::exchange::{Connection, router};
use crate::error::Error;
use crate::faults::wire::Takeover;
use crate::http::listener::Listener;
use crate::http::request::Service;
use crate::state::shared::Shared;

/// A listening port of one of the services.
pub(crate) struct Port {
    listener: Listener,
    service: Service,
}

impl Port {
    /// Binds the address; it listens from then on.
    pub(crate) fn bind(service: Service, address: IpAddr, port: u16) -> Result<Self, Error> {
        Ok(Self { listener: Listener::bind(address, port)?, service })
    }

    /// `http://address:port`, the port that was taken.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.listener.address())
    }

    /// Serves until the runtime ends.
    pub(crate) async fn serve(self, state: Arc<Shared>, numbers: Arc<AtomicU64>) {
        let router = router(Arc::clone(&state));
        loop {
            let stream = self.listener.accept().await;
            let number = numbers.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(connection(stream, Arc::clone(&state), router.clone(), self.service, number));
        }
    }
}

async fn connection(stream: TcpStream, state: Arc<Shared>, router: Router, service: Service, number: u64) {
    if let Some(fault) = state.faults.take(service, None) {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
        if let Some(wire) = &fault.wire {
            return Takeover::on_connect(wire).run(stream).await;
        }
    }
    // Answers go out at once, as from the real services.
    let _ = stream.set_nodelay(true);
    let (takeover, mut taken) = unbounded_channel();
    let of_request = Connection { service, number, takeover };
    let respond = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(of_request.clone());
        router.clone().call(request.map(Body::new))
    });
    let mut http = http1::Builder::new()
        // The agent is a Go program: `Www-Authenticate`.
        .title_case_headers(true)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), respond);
    let takeover: Option<Takeover> = tokio::select! {
        takeover = taken.recv() => takeover,
        _ = poll_fn(|context| http.poll_without_shutdown(context)) => None,
    };
    if let Some(takeover) = takeover {
        takeover.run(http.into_parts().io.into_inner()).await;
    }
}
