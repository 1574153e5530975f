use super::*;
use crate::daemon::accounts::tests::Few;

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, &Few)
}

const WHOLE: &str = r#"
    [[allow]]
    name     = "nightly backup"
    unit     = "rclone-backup.service"
    user     = "backup"
    resource = ["https://Storage.Azure.com/"]
    identity = ["system", "B1E6D3AA-2F0C-4D8E-9A55-51A1F00D0003"]
    metadata = ["/metadata/instance/compute/"]
    [[allow]]
    socket   = "netns-web"
    resource = ["https://vault.azure.net"]
    [limits]
    rate = 5
"#;

#[test]
fn a_whole_file() {
    let config = parse(WHOLE).unwrap();
    assert_eq!(config.limits, Limits { rate: 5, burst: 40 });
    assert!(config.names_units() && !config.names_groups() && !config.cloud_shell);
    let [backup, web] = config.rules.as_slice() else { panic!("{config:?}") };
    assert_eq!(backup.user, Some(Named { name: "backup".into(), id: Some(34) }));
    assert_eq!(backup.resources, ["https://storage.azure.com"]);
    assert_eq!(backup.identities, [Listed::System, Listed::Id("b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003".into())]);
    assert_eq!(backup.metadata, ["/metadata/instance/compute"]);
    assert_eq!((web.name.as_str(), web.socket.as_deref()), ("rule 2", Some("netns-web")));
    assert_eq!(web.identities, [Listed::System], "the default");
}

#[test]
fn an_empty_file_allows_nothing() {
    assert_eq!(parse("").unwrap(), Config { rules: Vec::new(), limits: Limits::default(), cloud_shell: false });
}

#[test]
fn an_account_that_is_not_here_is_kept_without_a_number() {
    let config = parse("[[allow]]\nuser = 'nobodys'\nresource = ['https://a.b']\n").unwrap();
    assert_eq!(config.rules[0].user, Some(Named { name: "nobodys".into(), id: None }));
    let number = parse("[[allow]]\nuser = '1234'\nresource = ['https://a.b']\n").unwrap();
    assert_eq!(number.rules[0].user.as_ref().unwrap().id, Some(1234));
}

#[test]
fn what_is_half_valid_is_refused_as_a_whole() {
    let rule = |lines: &str| {
        format!(
            "[[allow]]\nname = 'fine'\nuser = 'backup'\nresource = ['https://a.b']\n[[allow]]\nname = 'bad'\n{lines}\n"
        )
    };
    for (text, expected) in [
        ("[[allow]]\nusr = 'backup'\n".to_owned(), "unknown field `usr`"),
        ("[limits]\nrates = 1\n".to_owned(), "unknown field `rates`"),
        ("[[deny]]\n".to_owned(), "unknown field `deny`"),
        ("[limits]\nrate = 0\n".to_owned(), "must be 1 or more"),
        ("[limits]\nrate = -1\n".to_owned(), "expected a number of 1 or more, in: rate = -1"),
        ("[[allow]\n".to_owned(), "line 1, column 9: "),
        ("[[allow]]\nname = 'ä'\n  usr = 'x'\n".to_owned(), "line 3, column 3: unknown field `usr`"),
        (rule("resource = ['https://a.b']"), "names nobody"),
        (rule("user = 'backup'"), "grants nothing"),
        (rule("user = 'backup'\nresource = []"), "grants nothing"),
        (rule("user = 'backup'\nmetadata = ['/metadata/instance']\nidentity = ['system']"), "no resource"),
        (rule("user = 'root'\nresource = ['https://a.b']"), "together with a unit"),
        (rule("user = '0'\nresource = ['https://a.b']"), "together with a unit"),
        (rule("user = '4294967295'\nresource = ['https://a.b']"), "not the number of an account"),
        (rule("user = '99999999999'\nresource = ['https://a.b']"), "not the number of an account"),
        (rule("user = 'a b'\nresource = ['https://a.b']"), "name or number"),
        (rule("user = ''\nresource = ['https://a.b']"), "name or number"),
        (rule("user = 34\nresource = ['https://a.b']"), "string"),
        (rule("unit = 'backup'\nresource = ['https://a.b']"), "whole name"),
        (rule("unit = '../x.service'\nresource = ['https://a.b']"), "not a unit's name"),
        (rule("unit = 'a/b.service'\nresource = ['https://a.b']"), "not a unit's name"),
        (rule("unit = 'web@.service'\nresource = ['https://a.b']"), "name each instance"),
        (rule("unit = 'web.slice'\nresource = ['https://a.b']"), "whole name"),
        (rule("socket = 'a:b'\nresource = ['https://a.b']"), "FileDescriptorName"),
        (rule("socket = ''\nresource = ['https://a.b']"), "FileDescriptorName"),
        (rule("user = 'backup'\nresource = ['*']"), "written in full"),
        (rule("user = 'backup'\nresource = ['a b']"), "written in full"),
        (rule("user = 'backup'\nresource = ['HTTPS://']"), "written in full"),
        (rule("user = 'backup'\nresource = ['https:///a']"), "written in full"),
        (rule("user = 'backup'\nresource = ['https://:443']"), "written in full"),
        (rule("user = 'backup'\nresource = ['/']"), "written in full"),
        (rule("user = 'backup'\nresource = ['/.default']"), "written in full"),
        (rule("user = 'backup'\nresource = ['https://a.b']\nidentity = []"), "lists no identity"),
        (rule("user = 'backup'\nresource = 'https://a.b'"), "expected a list"),
        (rule("user = 'backup'\nresource = ['https://a.b']\nidentity = ['me']"), "client id or a resource id"),
        (rule("user = 'backup'\nmetadata = ['/latest']"), "/metadata/instance or below"),
        (rule("user = 'backup'\nmetadata = ['/metadata/instancex']"), "/metadata/instance or below"),
        (rule("user = 'backup'\nmetadata = ['/metadata/instance/../identity']"), "/metadata/instance or below"),
        (rule("user = 'backup'\nresource = ['https://a.b']").replace("bad", "fine"), "another rule has this name"),
        (rule("user = 'backup'\nresource = ['https://a.b']").replace("bad", ""), "1 to 100 characters"),
        (rule("user = 'backup'\nresource = ['https://a.b']").replace("'bad'", "\"a\\u0007\""), "1 to 100 characters"),
    ] {
        let problem = parse(&text).expect_err(&text);
        assert!(problem.contains(expected) && !problem.contains('\n'), "{text}\n{problem}");
    }
}
