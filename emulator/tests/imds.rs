//! IMDS as a client sees it on the wire.

use crate::common::*;

#[test]
fn one_request_gives_a_token_of_strings() {
    let emulator = start("");
    let base = emulator.imds_url();
    let answer = get(&base, IMDS_TOKEN);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    assert!(body.as_object().unwrap().values().all(serde_json::Value::is_string), "{body}");
    assert_eq!(body["refresh_token"], "");
    let claims = verified_claims(&base, body["access_token"].as_str().unwrap());
    assert!(claims["xms_mirid"].as_str().unwrap().contains("/Microsoft.Compute/virtualMachines/"));
    assert_eq!(body["expires_on"].as_str().unwrap(), claims["exp"].to_string());
}

#[test]
fn requests_that_are_wrong() {
    let emulator = start("");
    let base = emulator.imds_url();
    let with = |headers: &[&str], target: &str| send(&base, "GET", target, headers, "").unwrap();
    let metadata = "Metadata: true";
    assert_eq!(with(&[], IMDS_TOKEN).json()["error"], "bad_request_102");
    assert_eq!(with(&[metadata, "X-Forwarded-For: 10.0.0.1"], IMDS_TOKEN).status, 400);
    assert_eq!(with(&[metadata], &format!("{IMDS_TOKEN}&resource=y")).status, 400, "a parameter twice");
    assert_eq!(
        with(&[metadata], &format!("{IMDS_TOKEN}&client_id=nobody")).json()["error_description"],
        "Identity not found"
    );
    assert_eq!(with(&[metadata], "/metadata/identity/oauth2/token?api-version=2017-08-01&resource=x").status, 400);
    let prose = with(&[metadata], "/metadata/instance?api-version=1999-01-01").json();
    assert!(prose["error"].as_str().unwrap().starts_with("Bad request. api-version is invalid"));
    assert_eq!(prose["newest-versions"].as_array().unwrap().len(), 3);
    assert_eq!(send(&base, "POST", IMDS_TOKEN, &[metadata], "").unwrap().status, 405);
}

#[test]
fn identities_of_a_vm() {
    let app =
        |n: u8| format!("[[user_assigned]]\nclient_id = \"c{n}\"\nobject_id = \"o{n}\"\nresource_id = \"/r{n}\"\n");
    let one = start(&format!("system_assigned = {{ enabled = false }}\n{}", app(1)));
    assert_eq!(get(&one.imds_url(), IMDS_TOKEN).json()["client_id"], "c1", "the only one needs no selector");
    let two = start(&format!("system_assigned = {{ enabled = false }}\n{}{}", app(1), app(2)));
    let text = get(&two.imds_url(), IMDS_TOKEN).json()["error_description"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Multiple user assigned identities exist"), "{text}");
    assert_eq!(get(&two.imds_url(), &format!("{IMDS_TOKEN}&msi_res_id=/R2")).json()["client_id"], "c2");
    let none = start("system_assigned = { enabled = false }");
    assert_eq!(get(&none.imds_url(), IMDS_TOKEN).json()["error_description"], "Identity not found");
}

#[test]
fn metadata_and_its_leaves() {
    let emulator = start("");
    let base = emulator.imds_url();
    let at = |path: &str| get(&base, &format!("/metadata/{path}"));
    let body = at("instance?api-version=2021-02-01").json();
    assert_eq!(body["compute"]["vmSize"], "Standard_D2s_v5");
    assert_eq!(at("instance/compute/vmSize?api-version=2021-02-01&format=text").text(), "Standard_D2s_v5");
    assert_eq!(at("instance/compute/vmSize?api-version=2021-02-01").status, 404, "a leaf is text only");
    let mac = at("instance/network/interface/0/macAddress?api-version=2021-02-01&format=text").text();
    assert_eq!(mac, "000D3A0AB1C2");
    assert_eq!(at("instance?api-version=2021-02-01&format=text").text(), "compute/\nnetwork/");
    assert_eq!(at("instance/compute/nothing?api-version=2021-02-01").status, 404);
    assert!(at("versions").json()["apiVersions"].as_array().unwrap().contains(&"2021-02-01".into()));
    assert_eq!(at("attested/document?api-version=2021-02-01&nonce=1").json()["encoding"], "pkcs7");
    assert_eq!(at("scheduledevents?api-version=2020-06-01").json()["DocumentIncarnation"], 1);
    assert_eq!(at("scheduledevents?api-version=2020-07-01").status, 200, "an api-version of its own");
    assert_eq!(at("loadbalancer?api-version=2020-10-01").status, 200, "an api-version of its own");
    assert_eq!(at("loadbalancer?api-version=2020-07-01").status, 400, "another's");
    assert!(at("loadbalancer?api-version=2020-12-01").json()["loadbalancer"]["publicIpAddresses"].is_array());
    assert!(at("identity/info?api-version=2018-02-01").json()["tenantId"].is_string());
    assert_eq!(at("endpoints?api-version=2019-11-01").status, 404);
}
