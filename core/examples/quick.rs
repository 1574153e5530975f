//! A token and the machine's metadata, with all defaults.

fn main() -> Result<(), himds::Error> {
    // snippet: quick
    let client = himds::Client::builder().build()?;
    let token = client.token("https://vault.azure.net")?;
    let authorization = format!("Bearer {}", token.secret());

    let metadata = client.metadata()?;
    println!("{:?} in {:?}, tags {:?}", metadata.name(), metadata.subscription_id(), metadata.tags());
    // end of snippet
    println!("{} bytes of authorization, from {}", authorization.len(), client.source_reason());
    Ok(())
}
