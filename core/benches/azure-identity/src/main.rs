//! A cached token: this library's, and that of the `azure_identity` crate's `ManagedIdentityCredential`.
//!
//! The crate knows IMDS and no Azure Arc ("Azure Arc managed identity isn't supported", 1.0), so its token comes from a
//! transport that answers as IMDS does; only what is cached is measured. `make bench-azure-identity`.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

use azure_core::credentials::TokenCredential;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, Request, StatusCode, Transport};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions};
use divan::{Bencher, black_box};
use himds::{Client, Source};
use himds_emulator::{Config, Emulator};

const RESOURCE: &str = "https://vault.azure.net";
const SCOPE: &str = "https://vault.azure.net/.default";

static AGENT: LazyLock<Emulator> =
    LazyLock::new(|| Emulator::start(Config::default()).expect("an emulator on free ports"));

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let builder = Client::builder().source(Source::Himds).endpoint(AGENT.himds_url());
    let client = builder.token_dir(AGENT.token_dir()).build().expect("options that suit the emulator");
    client.token(RESOURCE).expect("a token");
    client
});

static CREDENTIAL: LazyLock<Arc<ManagedIdentityCredential>> = LazyLock::new(|| {
    let transport =
        Some(Transport::new(Arc::new(Answer(CLIENT.token(RESOURCE).expect("a token").secret().to_owned()))));
    let client_options = ClientOptions { transport, ..ClientOptions::default() };
    let options = ManagedIdentityCredentialOptions { client_options, ..ManagedIdentityCredentialOptions::default() };
    let credential = ManagedIdentityCredential::new(Some(options)).expect("a credential for IMDS");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(credential.get_token(&[SCOPE], None)).expect("a token");
    credential
});

/// Gives every request the same token, for a day.
#[derive(Debug)]
struct Answer(String);

#[async_trait::async_trait]
impl HttpClient for Answer {
    async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
        let expires =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a date").as_secs() + 86400;
        let body = format!(
            r#"{{"access_token":"{}","expires_on":"{expires}","resource":"{RESOURCE}","token_type":"Bearer"}}"#,
            self.0
        );
        Ok(AsyncRawResponse::from_bytes(StatusCode::Ok, Headers::new(), body))
    }
}

fn main() {
    LazyLock::force(&CREDENTIAL);
    divan::main();
}

#[divan::bench(threads = [1, 2, 8])]
fn himds(bencher: Bencher) {
    bencher.bench(|| CLIENT.token(black_box(RESOURCE)));
}

/// A cached token is there at the first poll, so no runtime is part of what is measured.
#[divan::bench(threads = [1, 2, 8])]
fn azure_identity(bencher: Bencher) {
    bencher.bench(|| {
        match pin!(CREDENTIAL.get_token(black_box(&[SCOPE]), None)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(token) => token,
            Poll::Pending => unreachable!("the token is cached"),
        }
    });
}
