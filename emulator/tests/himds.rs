//! HIMDS as a client sees it on the wire.

use std::fs;

use crate::common::*;

const APP: &str = r#"
[[user_assigned]]
client_id = "b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003"
object_id = "c2f7e4bb-3a1d-4e9f-8b66-51a1f00d0004"
resource_id = "/subscriptions/s/app"
"#;

#[test]
fn a_handshake_gives_a_verifiable_token() {
    let emulator = start("");
    let base = emulator.himds_url();
    let challenge = get(&base, HIMDS_TOKEN);
    assert_eq!(challenge.status, 401);
    assert_eq!(challenge.json()["error_description"], "Missing Basic Authorization header");
    let path = realm(&challenge);
    assert_eq!(std::path::Path::new(&path).parent().unwrap(), emulator.token_dir());
    let key = fs::read_to_string(&path).unwrap();

    let answer = with_key(&base, HIMDS_TOKEN, &key);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(!fs::exists(&path).unwrap(), "a key serves once");
    let body = answer.json();
    assert_eq!((&body["token_type"], &body["resource"]), (&"Bearer".into(), &VAULT.into()));
    assert!(body["expires_in"].is_string() && body["expires_on"].is_string() && body["ext_expires_in"].is_number());
    let token = body["access_token"].as_str().unwrap();
    let claims = verified_claims(&base, token);
    assert_eq!(claims["aud"], VAULT);
    assert!(claims["xms_mirid"].as_str().unwrap().contains("/providers/Microsoft.HybridCompute/machines/"));
    let secrets = emulator.secrets();
    assert!(secrets.contains(&key) && secrets.contains(&token.to_owned()));

    let records = emulator.requests();
    assert_eq!(records.iter().map(|record| record.status).collect::<Vec<_>>()[..2], [Some(401), Some(200)]);
    assert_eq!(records[0].key_file.as_deref(), Some(path.as_str()));
    assert_eq!(records[1].token.as_deref(), Some(token));
}

#[test]
fn a_key_serves_once_and_for_its_own_url() {
    let emulator = start("");
    let base = emulator.himds_url();
    let key_of = |target| fs::read_to_string(realm(&get(&base, target))).unwrap();
    let key = key_of(HIMDS_TOKEN);
    assert_eq!(with_key(&base, HIMDS_TOKEN, &key).status, 200);
    assert_eq!(with_key(&base, HIMDS_TOKEN, &key).status, 401, "used before");
    let key = key_of(HIMDS_TOKEN);
    assert_eq!(with_key(&base, &HIMDS_TOKEN.replace("vault", "other"), &key).status, 401, "another URL");
    assert_eq!(with_key(&base, HIMDS_TOKEN, &key).status, 401, "shown before, rightly or not");
    assert_eq!(with_key(&base, HIMDS_TOKEN, "made-up").status, 401);
}

#[test]
fn the_agent_keeps_its_token_unless_asked_not_to() {
    let emulator = start("");
    let base = emulator.himds_url();
    let token = |target: &str| handshake(&base, target).json()["access_token"].as_str().unwrap().to_owned();
    let first = token(HIMDS_TOKEN);
    assert_eq!(token(HIMDS_TOKEN), first);
    assert_ne!(token(&format!("{HIMDS_TOKEN}&bypass_cache=true")), first);
    let short = start("himds = { token_lifetime = 3600 }");
    let token = || handshake(&short.himds_url(), HIMDS_TOKEN).json()["access_token"].clone();
    assert_ne!(token(), token(), "one with less than 90 minutes is renewed");
}

#[test]
fn requests_that_are_wrong() {
    let emulator = start("");
    let base = emulator.himds_url();
    let old = get(&base, "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=x");
    assert_eq!(old.status, 400);
    let text = "The api-version not specified. Supported are 2021-02-01 2020-06-01 2019-11-01 2019-08-15";
    assert_eq!(old.json()["error_description"], text);
    assert_eq!(get(&base, "/metadata/instance").json()["error_description"], text);
    assert_eq!(get(&base, "/metadata/identity/oauth2/token?api-version=2020-06-01").status, 400, "no resource");
    assert_eq!(send(&base, "GET", HIMDS_TOKEN, &[], "").unwrap().status, 400, "no Metadata header");
    assert_eq!(send(&base, "POST", HIMDS_TOKEN, &["Metadata: true"], "").unwrap().status, 405);
    assert_eq!(get(&base, "/nothing").status, 400);
    assert_eq!(get(&base, "/metadata/nothing?api-version=2020-06-01").status, 404);
}

#[test]
fn user_assigned_identities() {
    let emulator = start(APP);
    let base = emulator.himds_url();
    for (selector, value) in [
        ("client_id", "b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003"),
        ("object_id", "C2F7E4BB-3A1D-4E9F-8B66-51A1F00D0004"),
        ("msi_res_id", "/subscriptions/s/app"),
    ] {
        let body = handshake(&base, &format!("{HIMDS_TOKEN}&{selector}={value}")).json();
        assert_eq!(body[selector], value, "the echo");
        let claims = verified_claims(&base, body["access_token"].as_str().unwrap());
        assert_eq!(claims["appid"], "b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003");
    }
    let ignored = handshake(&base, &format!("{HIMDS_TOKEN}&mi_res_id=/subscriptions/s/app")).json();
    assert!(ignored.get("mi_res_id").is_none() && ignored.get("client_id").is_none());
    let missing = handshake(&base, &format!("{HIMDS_TOKEN}&client_id=nobody"));
    assert_eq!((missing.status, &missing.json()["error"]), (404, &"identity_not_found".into()));
    let two = get(&base, &format!("{HIMDS_TOKEN}&client_id=a&object_id=b"));
    assert_eq!(two.status, 400);

    let early = start(&format!("himds = {{ not_assigned = \"before_challenge\" }}\n{APP}"));
    let missing = get(&early.himds_url(), &format!("{HIMDS_TOKEN}&client_id=nobody"));
    assert_eq!(missing.json()["error_description"], "The requested identity was not found");

    let old = start(&format!("himds = {{ user_assigned = \"ignored\" }}\n{APP}"));
    let body = handshake(&old.himds_url(), &format!("{HIMDS_TOKEN}&client_id=nobody")).json();
    assert!(body["access_token"].is_string() && body.get("client_id").is_none());
}

#[test]
fn metadata_is_a_subset() {
    let emulator = start("himds = { azure_local = true }\nmachine = { tags = { a = \"b:c;d\" } }");
    let base = emulator.himds_url();
    let body = get(&base, "/metadata/instance?api-version=2020-06-01").json();
    assert!(body["compute"]["publicKeys"].is_null() && body["network"].as_object().unwrap().is_empty());
    assert_eq!(body["compute"]["tags"], "a:b:c;d");
    assert_eq!(body["compute"]["tagsList"][0]["value"], "b:c;d");
    assert_eq!(get(&base, "/metadata/instance/compute?api-version=2020-06-01").json(), body["compute"]);
    let info = get(&base, "/metadata/identity/info?api-version=2018-02-01").json();
    assert_eq!(info["tenantId"], "72f988bf-86f1-41af-91ab-2d7cd011db47");
    assert_eq!(get(&base, "/metadata/endpoints?api-version=2019-11-01").status, 200);
}

#[cfg(unix)]
#[test]
fn key_files_are_private_and_gone_at_the_end() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("deep/tokens");
    let emulator = start(&format!("himds = {{ token_dir = {directory:?} }}"));
    let path = realm(&get(&emulator.himds_url(), HIMDS_TOKEN));
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert!([0o600, 0o640].contains(&mode), "{mode:o}");
    assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o027, 0);
    drop(emulator);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "nothing is left");
}

#[cfg(unix)]
#[test]
fn key_files_belong_to_the_group_if_that_is_possible() {
    use std::os::unix::fs::MetadataExt as _;
    if !rustix::process::geteuid().is_root() {
        println!("skipped: root not found");
        return;
    }
    let groups = fs::read_to_string("/etc/group").unwrap();
    let daemon = groups.lines().find_map(|line| line.strip_prefix("daemon:x:")?.split(':').next()?.parse::<u32>().ok());
    let emulator = start("himds = { key_file_group = \"daemon\" }");
    let path = realm(&get(&emulator.himds_url(), HIMDS_TOKEN));
    let (file, directory) = (fs::metadata(path).unwrap(), fs::metadata(emulator.token_dir()).unwrap());
    assert_eq!((file.mode() & 0o777, Some(file.gid())), (0o640, daemon));
    assert_eq!((directory.mode() & 0o777, Some(directory.gid())), (0o750, daemon));
}
