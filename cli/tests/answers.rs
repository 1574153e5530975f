//! What the subcommands that were there from the beginning answer.

use crate::common::*;

#[test]
fn the_token_alone_is_on_stdout() {
    let emulator = emulator("");
    let token = himds(&emulator, &["token", "--resource", VAULT]);
    assert!(answer(&token).ends_with('\n') && answer(&token).trim().split('.').count() == 3);
    assert!(emulator.secrets().iter().any(|secret| secret == answer(&token).trim()));
}

#[test]
fn the_resource_needs_no_option() {
    let emulator = emulator("");
    let by_option = himds(&emulator, &["token", "--resource", VAULT, "--json"]);
    let by_operand = himds(&emulator, &["token", VAULT, "--json"]);
    // The whole answers may differ: when to refresh is counted from now.
    assert_eq!(json(answer(&by_option))["token"], json(answer(&by_operand))["token"]);
    let both = himds(&emulator, &["token", VAULT, "--resource", VAULT]);
    assert_eq!(status(&both), 0);
    let contradiction = himds(&emulator, &["token", VAULT, "--resource", "https://storage.azure.com"]);
    assert_eq!((status(&contradiction), out(&contradiction)), (2, ""));
    for name in ["claims", "diagnose"] {
        assert!(out(&himds(&emulator, &[name, VAULT])).contains(VAULT), "{name}");
    }
}

#[test]
fn a_token_in_each_format() {
    let emulator = emulator("");
    let raw = answer(&himds(&emulator, &["token", VAULT])).trim().to_owned();
    assert_eq!(answer(&himds(&emulator, &["token", VAULT, "--format", "raw"])).trim(), raw);
    let header = himds(&emulator, &["token", VAULT, "--format", "header"]);
    assert_eq!(answer(&header), format!("Authorization: Bearer {raw}\n"));
    let document = json(answer(&himds(&emulator, &["token", VAULT, "--json"])));
    assert_eq!(document["token"], raw);
    assert_eq!(document["resource"], VAULT);
    assert_eq!(document["token_type"], "Bearer");
    assert!(document["refresh_on"].as_u64() < document["expires_on"].as_u64());
    let named = json(answer(&himds(&emulator, &["token", VAULT, "--format", "json"])));
    assert_eq!(named["token"], document["token"]);
    let google = json(answer(&himds(&emulator, &["token", VAULT, "--format", "gcp-executable"])));
    assert_eq!(google["id_token"], raw);
    assert_eq!(google["expiration_time"], document["expires_on"]);
    assert_eq!((google["version"].as_u64(), google["success"].as_bool()), (Some(1), Some(true)));
    for arguments in [&["token", "--format", "xml"][..], &["token", "--format", "raw", "--json"]] {
        assert_eq!(status(&himds(&emulator, arguments)), 2);
    }
}

#[test]
fn google_is_told_of_an_error_on_stdout_alone() {
    let emulator = emulator("");
    refuse(&emulator, 403, r#"{"error":"denied","error_description":"not for you"}"#, 0);
    let refused = himds(&emulator, &["token", "--format", "gcp-executable"]);
    assert_eq!((status(&refused), err(&refused)), (5, ""));
    let document = json(out(&refused));
    assert_eq!((document["success"].as_bool(), document["code"].as_str()), (Some(false), Some("service")));
    assert!(document["message"].as_str().unwrap().contains("not for you"), "{document}");
}

#[test]
fn an_error_as_json_has_the_servers_body() {
    let emulator = emulator("");
    refuse(&emulator, 403, "Forbidden by corporate policy", 0);
    let refused = himds(&emulator, &["token", "--json"]);
    assert_eq!((status(&refused), out(&refused)), (5, ""));
    let error = json(err(&refused));
    assert_eq!(error["body"], "Forbidden by corporate policy");
    assert_eq!((error["kind"].as_str(), error["http_status"].as_u64()), (Some("service"), Some(403)));
}

#[test]
fn a_forced_refresh_says_when_the_same_token_came_back() {
    let old = emulator("[himds]\nhonours_bypass_cache = false\n");
    let refreshed = himds(&old, &["token", "--force-refresh"]);
    assert_eq!(status(&refreshed), 0);
    assert!(err(&refreshed).contains("same token"));
    let new = emulator("[himds]\nhonours_bypass_cache = true\n");
    answer(&himds(&new, &["token", "--force-refresh"]));
}

#[test]
fn a_token_of_a_user_assigned_identity() {
    let emulator = emulator("");
    let claims = himds(&emulator, &["claims", "--client-id", CLIENT_ID, "--json"]);
    assert_eq!(json(answer(&claims))["appid"], CLIENT_ID);
}

#[test]
fn metadata_and_a_part_of_it() {
    let emulator = emulator("");
    let whole = json(answer(&himds(&emulator, &["metadata"])));
    let name = whole["compute"]["name"].as_str().unwrap();
    assert_eq!(answer(&himds(&emulator, &["metadata", "--path", "/compute/name"])), format!("{name}\n"));
    let quoted = himds(&emulator, &["metadata", "--path", "/compute/name", "--json"]);
    assert_eq!(answer(&quoted), format!("\"{name}\"\n"));
    let nothing = himds(&emulator, &["metadata", "--path", "/compute/nothing"]);
    assert_eq!((status(&nothing), out(&nothing)), (2, ""));
    assert!(err(&nothing).contains("not_found"));
}

#[test]
fn text_is_as_the_server_sent_it() {
    let emulator = emulator("");
    let body = r#"{"compute":{"name":"café\u001b[31m"}}"#;
    fault(&emulator, serde_json::json!({ "on": "metadata", "status": 200, "body": body, "count": 0 }));
    let name = himds(&emulator, &["metadata", "--path", "/compute/name"]);
    assert_eq!(answer(&name), "café\u{1b}[31m\n");
    let escaped = himds(&emulator, &["metadata", "--path", "/compute/name", "--json"]);
    assert_eq!(answer(&escaped), "\"caf\\u00e9\\u001b[31m\"\n");
}

#[test]
fn claims_of_a_token_on_stdin() {
    let emulator = emulator("");
    let token = himds(&emulator, &["token", VAULT]);
    let claims = himds_reads(&emulator, &["claims", "--stdin"], answer(&token));
    assert!(answer(&claims).contains(&format!("aud: {VAULT}\n")));
    assert!(answer(&claims).contains(" UTC)\n"));
    assert_eq!(status(&himds_reads(&emulator, &["claims", "--stdin"], "no token")), 5);
    assert_eq!(status(&himds_reads(&emulator, &["claims", "--stdin"], &"x".repeat(1 << 20))), 2);
}

#[test]
fn source_and_diagnose() {
    let emulator = emulator("");
    let source = json(answer(&himds(&emulator, &["source", "--json"])));
    assert_eq!((source["source"].as_str(), source["endpoint"].as_str()), (Some("himds"), Some(&*emulator.himds_url())));
    let text = himds(&emulator, &["source"]);
    assert!(answer(&text).starts_with("source:   himds\nreason:   "), "{}", out(&text));
    let diagnosis = himds(&emulator, &["diagnose", "--json"]);
    assert_eq!(json(answer(&diagnosis))["ok"], true);
    assert!(answer(&himds(&emulator, &["diagnose"])).ends_with("\na token is available\n"));
    refuse(&emulator, 403, "", 0);
    let failed = himds(&emulator, &["diagnose"]);
    assert_eq!(status(&failed), 1);
    assert!(out(&failed).ends_with("\nno token is available\n"));
    assert!(!out(&failed).contains('\u{1b}'), "colours are for terminals");
}

#[test]
fn another_host_has_no_source() {
    let source = program().arg("source").env("MSI_ENDPOINT", "http://127.0.0.1:1").output().unwrap();
    assert_eq!(status(&source), 3);
    assert!(
        out(&source).starts_with("source:   none\n") && out(&source).ends_with("endpoint: none\n"),
        "{}",
        out(&source)
    );
}
