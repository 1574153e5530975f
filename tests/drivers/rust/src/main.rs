//! Runs the scenarios through the Rust API: one request a line on standard input, one answer a line on standard output.

mod wire;

use std::io::{BufRead, Write, stdin, stdout};
use std::sync::Arc;
use std::time::Duration;

use himds::{AccessToken, CallOptions, CancelHandle, Client, Error, Identity, Kind, TokenRequest};
use wire::{Answer, Request, Stop};

/// What is kept from one request to the next.
#[derive(Default)]
struct State {
    client: Option<Client>,
    /// What the operation `cancel` cancels.
    cancel: CancelHandle,
}

fn main() {
    let mut state = State::default();
    for line in stdin().lock().split(b'\n') {
        let request = Request::parse(&line.expect("standard input"));
        if request.operation == "exit" {
            return;
        }
        let answer = perform(&request, &mut state).unwrap_or_else(|stop| match stop {
            Stop::Error(error) => describe(&error),
            Stop::Unsupported(why) => Answer::unsupported(&why),
        });
        let mut out = stdout().lock();
        writeln!(out, "{answer}").and_then(|()| out.flush()).expect("standard output");
    }
}

fn perform(request: &Request, state: &mut State) -> Result<Answer, Stop> {
    if request.operation == "client" {
        *state = State::default();
        state.client = Some(build(request)?);
        return Ok(Answer::ok());
    }
    let client = state.client.as_ref().ok_or_else(|| Error::new(Kind::Closed, "there is no client"))?;
    let resource = request.text("resource")?.unwrap_or_default();
    let options = call_options(request, &state.cancel)?;
    Ok(match request.operation.as_str() {
        "token" => {
            let mut wanted = TokenRequest::new(resource).call_options(options);
            wanted = wanted.force_refresh(request.flag("force_refresh"));
            if let Some(claims) = request.text("claims")? {
                wanted = wanted.claims(&claims);
            }
            token(&client.token_with(&wanted)?)
        }
        "peek" => client.peek(&resource).map_or_else(|| Answer::ok().with("none", "1"), |found| token(&found)),
        "claims" => {
            Answer::ok().with("json", &serde_json::Value::Object(client.token(&resource)?.claims()?).to_string())
        }
        "metadata" => metadata(&client.metadata_with(&options)?),
        "pointer" => {
            let pointer = request.text("pointer")?.unwrap_or_default();
            Answer::ok().with("json", &client.metadata_with(&options)?.pointer(&pointer)?.to_string())
        }
        "get" => {
            let (path, version) = (request.text("path")?.unwrap_or_default(), request.text("api_version")?);
            Answer::ok().with("body", &client.get_with(&path, version.as_deref(), &options)?)
        }
        "source" => Answer::ok()
            .with("source", client.source().map_or("", himds::Source::name))
            .with("reason", client.source_reason())
            .with("endpoint", &client.endpoint()),
        "cancel" => {
            state.cancel.cancel();
            Answer::ok()
        }
        "clear_cache" => {
            client.clear_cache();
            Answer::ok()
        }
        "diagnose" => Answer::ok().with("json", &client.diagnose_with(&resource, &options)?.to_json()),
        operation => return Err(Stop::Unsupported(format!("Rust has no {operation}"))),
    })
}

fn build(request: &Request) -> Result<Client, Stop> {
    let mut builder = Client::builder();
    for (name, value) in request.environment()? {
        builder = builder.environment_variable(name, Some(value));
    }
    if let Some(source) = request.text("source")? {
        builder = builder.source(source.parse()?);
    }
    if let Some(endpoint) = request.text("endpoint")? {
        builder = builder.endpoint(endpoint);
    }
    if let Some(directory) = request.text("token_dir")? {
        builder = builder.token_dir(directory);
    }
    for (name, identity) in [
        ("client_id", Identity::ClientId as fn(String) -> Identity),
        ("object_id", Identity::ObjectId),
        ("resource_id", Identity::ResourceId),
    ] {
        if let Some(id) = request.text(name)? {
            builder = builder.identity(identity(id));
        }
    }
    if let Some(timeout) = request.seconds("timeout")? {
        builder = builder.timeout(timeout);
    }
    if let Some(timeout) = request.seconds("connect_timeout")? {
        builder = builder.connect_timeout(timeout);
    }
    if let Some(attempts) = request.text("max_attempts")? {
        builder = builder.max_attempts(attempts.parse().map_err(|_| Stop::not_in_rust("max_attempts"))?);
    }
    if let Some(wait) = request.seconds("wait_for_service")? {
        builder = builder.wait_for_service(wait);
    }
    if let Some(user_agent) = request.text("user_agent")? {
        builder = builder.user_agent(user_agent);
    }
    Ok(builder.build()?)
}

fn call_options(request: &Request, kept: &CancelHandle) -> Result<CallOptions, Stop> {
    let mut options = CallOptions::new();
    if let Some(timeout) = request.seconds("timeout")? {
        options = options.deadline(timeout);
    }
    if request.flag("cancel") {
        options = options.cancel(kept);
    }
    if let Some(after) = request.text("cancel_after_ms")? {
        let handle = CancelHandle::new();
        options = options.cancel(&handle);
        let after = Duration::from_millis(after.parse().map_err(|_| Stop::not_in_rust("cancel_after_ms"))?);
        std::thread::spawn(move || {
            std::thread::sleep(after);
            handle.cancel();
        });
    }
    Ok(options)
}

fn token(token: &Arc<AccessToken>) -> Answer {
    Answer::ok()
        .with("secret", token.secret())
        .with("expires_on", &token.expires_on_unix().to_string())
        .with("refresh_on", &token.refresh_on_unix().map_or_else(String::new, |seconds| seconds.to_string()))
        .with("resource", token.resource())
        .with("token_type", token.token_type())
        .with("repr", &format!("{token:?}"))
}

fn metadata(metadata: &himds::Metadata) -> Answer {
    Answer::ok()
        .with("json", metadata.json())
        .with_some("subscription_id", metadata.subscription_id())
        .with_some("resource_group", metadata.resource_group())
        .with_some("location", metadata.location())
        .with_some("name", metadata.name())
        .with_some("resource_id", metadata.resource_id())
        .with_some("vm_id", metadata.vm_id())
        .with_some("os_type", metadata.os_type())
        .with_some("environment", metadata.environment())
        .with("tags", &serde_json::to_string(&metadata.tags()).expect("text to text"))
}

fn describe(error: &Error) -> Answer {
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    Answer::error()
        .with("kind", error.kind().name())
        .with("status", &error.kind().number().to_string())
        .with("message", error.message())
        .with_some("hint", error.hint())
        .with_some("http_status", number(error.http_status().map(u64::from)).as_deref())
        .with_some("error", error.error())
        .with_some("error_description", error.error_description())
        .with_some("correlation_id", error.correlation_id())
        .with("attempts", &error.attempts().to_string())
        .with_some("retry_after", number(error.retry_after().map(|time| time.as_secs())).as_deref())
        .with("repr", &format!("{error:?} {error} {:?}", error.body()))
}
