//! What is redacted, and what stays.

use super::*;

#[test]
fn secrets_go_and_the_rest_stays() {
    let key = Secret::new("k3y-k3y-k3y-k3y-k3y".to_owned());
    let table = [
        ("plain words", "plain words"),
        ("bad key k3y-k3y-k3y-k3y-k3y here", "[redacted]"),
        ("bad key K3Y%2Dk3y%2Dk3y%2Dk3y", "[redacted]"),
        (r#"{"error": "e","access_token":"abcd"}"#, r#"{"error":"e","access_token":"[redacted]"}"#),
        (r#"{"error": "e" }"#, r#"{"error": "e" }"#),
        (r#"{"a":[{"access_token":"abcd"}],"b":"abcd"}"#, "[redacted]"),
        (
            r#"{"a":[{"access_token":"abcd"},[],{}],"b":[1,-2,3.5,null,true]}"#,
            r#"{"a":[{"access_token":"[redacted]"},[],{}],"b":[1,-2,3.5,null,true]}"#,
        ),
        (r#"{"access_token":""}"#, r#"{"access_token":""}"#),
        (r#"{"access_token":"a\u0062cd"}"#, r#"{"access_token":"[redacted]"}"#),
        (r#"{"access_token":"abcd"#, "[redacted]"),
        (r#"{"access_token":"abc"}"#, "[redacted]"),
        (r#"{"password":12345678}"#, r#"{"password":"[redacted]"}"#),
        (
            r#"{"access_token":"abcd","access_token":"xxxx"}"#,
            r#"{"access_token":"[redacted]","access_token":"[redacted]"}"#,
        ),
        (r#"{"Access_Token":"abcd"}"#, r#"{"Access_Token":"[redacted]"}"#),
        (r#"{"message":"bad key k\u0033y-k3y-k3y-k3y"}"#, "[redacted]"),
        (r#"{"message":"\u0061bcd","access_token":"abcd"}"#, "[redacted]"),
        (r#"{"message":"a \"word\""}"#, r#"{"message":"a \"word\""}"#),
        (r#"{"message":"e\u0079J0eXAiOiJKV1QiLCJhbGciOi.J9_x-y.z"}"#, r#"{"message":"[redacted]"}"#),
        (r#"{"e\u0079J0eXAiOiJKV1QiLCJhbGciOi.J9_x-y.z":1}"#, r#"{"[redacted]":1}"#),
        ("token eyJ0eXAiOiJKV1QiLCJhbGciOi.J9_x-y.z end", "token [redacted] end"),
        ("eyJ is short", "eyJ is short"),
        (r#"{"accessToken":"abcd","Pass-Word":"defg"}"#, r#"{"accessToken":"[redacted]","Pass-Word":"[redacted]"}"#),
        (r#"{"secret" : "abcd"#, "[redacted]"),
        ("access_token=abc&x=1", "[redacted]"),
        ("the token is wrong", "the token is wrong"),
        (r#"{"access\u005ftoken":"abcd"} and more"#, "[redacted]"),
        (r#"{\u0022token\u0022:\u0022abcd"#, "[redacted]"),
        ("access%5Ftoken=abcd", "[redacted]"),
        ("{\0\"\0t\0o\0k\0e\0n\0\"\0:\0\"\0a", "[redacted]"),
        (r#"{"message":"{\"token\":\"abcd\"}"}"#, r#"{"message":"[redacted]"}"#),
        (r#"{"message":"{\\\"token\\\":\\\"ab"}"#, r#"{"message":"[redacted]"}"#),
        (r#"{"message":"client_secret=abcd&x=1"}"#, r#"{"message":"[redacted]"}"#),
        (r#"{"message":"the access_token has expired"}"#, r#"{"message":"the access_token has expired"}"#),
        ("BEARER 0123456789abcdef+/=, basic aaaaaaaaaaaaaaa1 end", "BEARER [redacted], basic [redacted] end"),
        (
            "Bearer authorization_uri=x, Bearer Bearer aaaaaaaaaaaaaaa1",
            "Bearer authorization_uri=x, Bearer Bearer [redacted]",
        ),
        ("Bearer is needed", "Bearer is needed"),
    ];
    for (text, expected) in table {
        assert_eq!(redact(text, Some(&key)), expected, "{text}");
    }
}

#[test]
fn more_secrets_than_can_be_searched_for_show_nothing() {
    let list = |count: usize| {
        let secrets: Vec<_> = (0..count).map(|number| format!("\"secret-{number:02}\"")).collect();
        format!(r#"{{"error":"x","token":[{}]}}"#, secrets.join(","))
    };
    assert!(redact(&list(16), None).starts_with(r#"{"error":"x""#));
    assert_eq!(redact(&list(17), None), REDACTED);
}

/// What took seconds and half a gigabyte when each secret was searched for and replaced. The bound is on the result:
/// a test of time would depend on the machine.
#[test]
fn a_hostile_text_is_cut_first() {
    let pieces = ["[", "r", "e", "d", "a", "c", "t", "]"].map(|piece| format!("\"{piece}\"")).join(",");
    for text in [
        format!(r#"{{"error":"x","token":[{}]}}"#, vec![pieces; 20_000].join(",")),
        "eyJ".repeat(400_000),
        "bearer ".repeat(150_000),
        "\u{e4}".repeat(600_000),
        "%25".repeat(350_000),
    ] {
        assert!(redact(&text, Some(&Secret::new("x".repeat(4096)))).len() <= LARGEST_TEXT);
    }
}
