//! Rust's clients, without and with blocking.

fn main() {
    let url = std::env::var("URL").expect("URL is set");
    let text = match std::env::args().nth(1).as_deref() {
        Some("tokio") => tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
            let answer = reqwest::Client::new().get(&url).header("Metadata", "true").send().await.expect("an answer");
            answer.text().await.expect("its text")
        }),
        _ => {
            let mut answer = ureq::get(&url).header("Metadata", "true").call().expect("an answer");
            answer.body_mut().read_to_string().expect("its text")
        }
    };
    println!("{text}");
}
