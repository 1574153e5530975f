//! What else reads untrusted bytes: the front of the bridge, exec's reader of socket addresses, git's helper.

use std::ffi::OsString;
use std::net::IpAddr;

use himds::Identity;
use himds_bridge::exec::address;
use himds_bridge::front::{Ask, Checked, Parsed, Surface, check, form, parse};
use himds_cli::Streams;
use zeroize::Zeroizing;

/// What is read does not depend on what follows it, and an answer needs the sign that a surface wants.
pub(crate) fn front(data: &[u8]) {
    let Ok(Parsed::Head(head, length)) = parse(data) else { return };
    assert!(length <= data.len());
    assert_eq!(parse(&data[..length]).expect("the same head"), Parsed::Head(head.clone(), length));
    assert!(!matches!(parse(&data[..length - 1]), Ok(Parsed::Head(..))), "a head ends in one place");
    let imds = Surface::imds(40_000, Identity::SystemAssigned);
    let secret = Zeroizing::new("5ecret-5ecret-5ecret".to_owned());
    let behind = Surface::app_service(40_000, Identity::SystemAssigned, secret.clone()).with_cloud_shell(true);
    let metadata = head.values("metadata").any(|value| value.eq_ignore_ascii_case(b"true"));
    let shown = data.windows(secret.len()).any(|part| part == secret.as_bytes());
    if let Ok(checked) = check(&head, &imds) {
        assert!(metadata, "without `Metadata: true` nothing is answered");
        assert!(matches!(checked, Checked::Ask(_)) && head.target.starts_with("/metadata/"));
        let forwarded = ["x-forwarded-for", "forwarded", "via", "origin"];
        assert!(forwarded.iter().all(|name| head.values(name).next().is_none()));
    }
    let body = head.values("content-length").any(|length| length.iter().any(|digit| (b'1'..=b'9').contains(digit)));
    for surface in [&imds, &behind] {
        let refusal = check(&head, surface).err();
        assert!(
            !body || refusal.is_none_or(|refusal| refusal.close),
            "a body that is not read is not the next request"
        );
    }
    if let Ok(checked) = check(&head, &behind) {
        assert!(shown, "without the secret nothing is answered");
        if let Checked::Form(body) = checked {
            let body = &data[length..data.len().min(length + body)];
            assert!(form(body, &behind).is_err() || matches!(form(body, &behind), Ok(Ask::Token(_))));
        }
    }
}

/// Only the metadata service's own address is led elsewhere.
pub(crate) fn address(data: &[u8]) {
    let Some(read) = address::read(data) else { return };
    assert!(data.len() >= 16);
    assert_eq!(
        address::read(&data[..data.len().min(address::LENGTH)]),
        Some(read),
        "{} bytes say everything",
        address::LENGTH
    );
    if address::is_metadata_service(read) {
        assert_eq!(read.port(), 80);
        let imds = IpAddr::from([169, 254, 169, 254]);
        assert_eq!(read.ip().to_canonical(), imds);
    }
}

/// git gets an answer for Azure DevOps alone; here nobody listens, so it never gets a token.
pub(crate) fn git_credential(data: &[u8]) {
    let arguments = ["git-credential", "get", "--source", "imds", "--endpoint", "http://127.0.0.1:1", "--timeout", "1"];
    let (mut input, mut output, mut errors) = (data, Vec::new(), Vec::new());
    let mut streams = Streams::new(Some(&mut input), Some(&mut output), &mut errors);
    let status = himds_cli::run(arguments.map(OsString::from), &mut streams);
    assert_eq!(output, b"", "there is no token to give");
    let text = String::from_utf8_lossy(data).to_ascii_lowercase();
    let devops =
        text.contains("protocol=https") && (text.contains("dev.azure.com") || text.contains(".visualstudio.com"));
    match status {
        0 => assert_eq!(errors, b""),
        // Nobody listens.
        3 => assert!(devops, "only for Azure DevOps is anybody asked"),
        2 => assert!(std::str::from_utf8(data).is_err() || data.len() >= 1 << 20),
        other => panic!("status {other}: {}", String::from_utf8_lossy(&errors)),
    }
}
