//! The small ARM and Key Vault, by HTTPS with the authority's certificate trusted.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use crate::common::*;
use himds_emulator::Emulator;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const ARM: &str = "https://management.azure.com";
const SUBSCRIPTION: &str = "/subscriptions/00000000-0000-0000-0000-00000000abcd";

fn https(emulator: &Emulator, base: &str, target: &str, token: Option<&str>) -> Reply {
    let certificate = CertificateDer::from_pem_file(emulator.addresses().ca_file.unwrap()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let host = base.strip_prefix("https://").unwrap();
    let name = ServerName::try_from("management.azure.com").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, TcpStream::connect(host).unwrap());
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{authorization}\r\n").unwrap();
    let mut bytes = Vec::new();
    // The server closes without a TLS goodbye now and then; the length tells whether all has come.
    let _ = stream.read_to_end(&mut bytes);
    parse(&bytes).unwrap()
}

fn token(emulator: &Emulator, resource: &str) -> String {
    let target = format!("/metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}");
    get(&emulator.imds_url(), &target).json()["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn arm_answers_the_lab() {
    let emulator = start("azure = { enabled = true }");
    let base = emulator.addresses().arm.unwrap();
    let good = token(&emulator, ARM);
    let at = |path: &str| https(&emulator, &base, &format!("{SUBSCRIPTION}{path}?api-version=2020-06-01"), Some(&good));
    assert_eq!(at("/resourceGroups/arc-servers").json()["location"], "westeurope");
    assert_eq!(at("/RESOURCEGROUPS/Arc-Servers/resources").json()["value"].as_array().unwrap().len(), 2);
    let vaults = at("/resourceGroups/arc-servers/providers/Microsoft.KeyVault/vaults").json();
    assert_eq!(vaults["value"][0]["properties"]["vaultUri"], format!("{}/", emulator.addresses().vault.unwrap()));
    assert_eq!(at("/tagNames").json()["value"][0]["tagName"], "Project");
    assert_eq!(at("/resourceGroups/other").json()["error"]["code"], "ResourceGroupNotFound");
    let machine = at("/resourceGroups/arc-servers/providers/Microsoft.HybridCompute/machines/arc-demo");
    assert_eq!(machine.json()["identity"]["type"], "SystemAssigned");
    let bare = https(&emulator, &base, SUBSCRIPTION, Some(&good));
    assert_eq!(bare.json()["error"]["code"], "MissingApiVersionParameter");
}

#[test]
fn tokens_are_verified() {
    let emulator = start("azure = { enabled = true }");
    let base = emulator.addresses().arm.unwrap();
    let code = |token: Option<&str>| {
        let reply = https(&emulator, &base, &format!("{SUBSCRIPTION}?api-version=2020-06-01"), token);
        assert_eq!(reply.status, 401);
        reply.json()["error"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code(None), "AuthenticationFailed");
    assert_eq!(code(Some("nonsense")), "InvalidAuthenticationToken");
    assert_eq!(code(Some(&token(&emulator, VAULT))), "InvalidAuthenticationTokenAudience");
    emulator.push_fault(fault("claims = { exp = '{now-10}' }")).unwrap();
    let expired = token(&emulator, ARM);
    assert_eq!(code(Some(&expired)), "ExpiredAuthenticationToken");
    let (signed, signature) = expired.rsplit_once('.').unwrap();
    let changed = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    assert_eq!(code(Some(&changed)), "InvalidAuthenticationToken");
    emulator.push_fault(fault("claims = { iss = '\"https://sts.windows.net/other/\"' }")).unwrap();
    assert_eq!(code(Some(&token(&emulator, ARM))), "InvalidAuthenticationTokenTenant");
}

#[test]
fn key_vault_challenges_and_gives_secrets() {
    let emulator = start("[azure]\nenabled = true\nsecrets = { a = \"1\", b = \"2\", c = \"3\" }");
    let base = emulator.addresses().vault.unwrap();
    let challenge = https(&emulator, &base, "/secrets/a?api-version=7.4", None);
    let headers = challenge.header("www-authenticate");
    assert_eq!(challenge.status, 401);
    assert!(headers[0].starts_with("Bearer authorization=\"https://login.microsoftonline.com/"), "{headers:?}");
    assert!(headers[0].ends_with("resource=\"https://vault.azure.net\""), "{headers:?}");
    let good = token(&emulator, VAULT);
    let at = |target: &str| https(&emulator, &base, target, Some(&good));
    let secret = at("/secrets/a?api-version=7.4").json();
    assert_eq!((&secret["value"], &secret["attributes"]["enabled"]), (&"1".into(), &true.into()));
    let id = secret["id"].as_str().unwrap().strip_prefix(&base).unwrap().to_owned();
    assert_eq!(at(&format!("{id}?api-version=7.4")).json()["value"], "1", "by version");
    assert_eq!(at("/secrets/nope?api-version=7.4").json()["error"]["code"], "SecretNotFound");
    for version in ["", "?api-version=", "?api-version=6.0", "?api-version=2025-7-1", "?api-version=latest"] {
        assert_eq!(at(&format!("/secrets/a{version}")).json()["error"]["code"], "BadParameter", "{version}");
    }
    for version in ["7.1", "7.6-preview.2", "2025-07-01", "2026-04-01"] {
        assert_eq!(at(&format!("/secrets/a?api-version={version}")).status, 200, "{version}");
    }
    let first = at("/secrets?api-version=7.4&maxresults=2").json();
    assert_eq!(first["value"].as_array().unwrap().len(), 2);
    let next = first["nextLink"].as_str().unwrap().strip_prefix(&base).unwrap().to_owned();
    let last = at(&next).json();
    assert!(last["value"].as_array().unwrap().len() == 1 && last["nextLink"].is_null());
    let beyond = at(&format!("/secrets?api-version=7.4&$skiptoken={}", usize::MAX)).json();
    assert!(beyond["value"].as_array().unwrap().is_empty() && beyond["nextLink"].is_null());
    let wrong = https(&emulator, &base, "/secrets?api-version=7.4", Some(&token(&emulator, ARM)));
    assert!(wrong.text().contains("AKV10022"), "{}", wrong.text());
}

#[test]
fn the_certificate_goes_with_the_emulator() {
    let emulator = start("azure = { enabled = true }");
    let file = emulator.addresses().ca_file.unwrap();
    assert!(fs::read_to_string(&file).unwrap().contains("BEGIN CERTIFICATE"));
    drop(emulator);
    assert!(!fs::exists(file).unwrap());
}
