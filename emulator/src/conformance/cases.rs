//! Scenarios with cases: what they share is said once, and each case says its name and what differs.

use toml::{Table, Value};

/// The scenarios that a table of a file stands for: itself, or one for each of its cases.
pub(crate) fn expand(mut shared: Table) -> Result<Vec<Table>, String> {
    let Some(cases) = shared.remove("case") else {
        return match shared.contains_key("topic") {
            true => Err("a topic without cases: say `name = \"topic: case\"`".into()),
            false => Ok(vec![shared]),
        };
    };
    let topic = match (shared.remove("topic"), shared.contains_key("name")) {
        (Some(Value::String(topic)), false) => topic,
        _ => return Err("a scenario with cases has a topic and no name".into()),
    };
    let cases = match cases {
        Value::Array(cases) if cases.len() > 1 => cases,
        _ => return Err(format!("{topic}: there must be at least two cases")),
    };
    let mut expanded: Vec<(Table, String)> = Vec::new();
    for case in cases {
        let Value::Table(mut case) = case else { return Err(format!("{topic}: a case is a table")) };
        let Some(Value::String(name)) = case.remove("name") else {
            return Err(format!("{topic}: a case has a name"));
        };
        let named = format!("{topic}: {name}");
        if let Some(field) = ["topic", "rule", "case"].into_iter().find(|field| case.contains_key(*field)) {
            return Err(format!("{named}: unknown field {field:?} in a case"));
        }
        let mut scenario = Value::Table(shared.clone());
        lay_over(&mut scenario, Value::Table(case)).map_err(|problem| format!("{named}: {problem}"))?;
        let Value::Table(scenario) = scenario else { continue };
        if let Some((_, same)) = expanded.iter().find(|(known, _)| *known == scenario) {
            return Err(format!("{named}: it is the same as {same}"));
        }
        expanded.push((scenario, named));
    }
    let with_name = |(mut scenario, name): (Table, String)| {
        scenario.insert("name".into(), Value::String(name));
        scenario
    };
    Ok(expanded.into_iter().map(with_name).collect())
}

/// Tables are laid over tables member by member and lists of tables over such lists element by element; a table stands
/// for the only element of a list. Anything else takes the place of what was there.
fn lay_over(shared: &mut Value, own: Value) -> Result<(), String> {
    match (shared, own) {
        (Value::Table(shared), Value::Table(own)) => {
            for (name, value) in own {
                match shared.get_mut(&name) {
                    Some(known) => lay_over(known, value).map_err(|problem| format!("{name}: {problem}"))?,
                    None => drop(shared.insert(name, value)),
                }
            }
            Ok(())
        }
        (Value::Array(shared), Value::Table(own)) => lay_over_each(shared, vec![Value::Table(own)]),
        (Value::Array(shared), Value::Array(own)) if has_tables(shared) && has_tables(&own) => {
            lay_over_each(shared, own)
        }
        (shared, own) => {
            *shared = own;
            Ok(())
        }
    }
}

fn has_tables(list: &[Value]) -> bool {
    list.first().is_some_and(Value::is_table)
}

fn lay_over_each(shared: &mut [Value], own: Vec<Value>) -> Result<(), String> {
    if shared.len() != own.len() {
        return Err(format!("{} elements over {}", own.len(), shared.len()));
    }
    shared.iter_mut().zip(own).try_for_each(|(shared, own)| lay_over(shared, own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<Vec<Table>, String> {
        expand(toml::from_str(text).unwrap())
    }

    #[test]
    fn what_differs_is_laid_over_what_is_shared() {
        let cases = expanded(
            "topic = 't'\nrule = 'r'\ncall = [{ op = 'token', expect = { requests = 2, saw = [{ query = { a = '1' } }] } }]\n\
             fault = [{ headers = [['A', '1']] }, { on = 'key' }]\n\
             case = [{ name = 'x', call.resource = 'X', call.expect.saw.query.b = '2' },\n\
             { name = 'y', fault = [{ headers = [['B', '2'], ['C', '3']] }, {}], call.expect.requests = 3 }]\n",
        );
        let wanted = [
            "name = 't: x'\nrule = 'r'\nfault = [{ headers = [['A', '1']] }, { on = 'key' }]\n\
             call = [{ op = 'token', resource = 'X', expect = { requests = 2, saw = [{ query = { a = '1', b = '2' } }] } }]\n",
            "name = 't: y'\nrule = 'r'\nfault = [{ headers = [['B', '2'], ['C', '3']] }, { on = 'key' }]\n\
             call = [{ op = 'token', expect = { requests = 3, saw = [{ query = { a = '1' } }] } }]\n",
        ];
        assert_eq!(cases.unwrap(), wanted.map(|text| toml::from_str::<Table>(text).unwrap()));
    }

    #[test]
    fn mistakes_are_told() {
        for (text, part) in [
            ("name = 't: x'\ncase = [{ name = 'x' }, { name = 'y' }]", "a topic and no name"),
            ("topic = 't'\nrule = 'r'", "a topic without cases"),
            ("topic = 't'\ncase = [{ name = 'x' }]", "at least two cases"),
            ("topic = 't'\ncase = [{ bare = true }, { name = 'y' }]", "a case has a name"),
            ("topic = 't'\ncase = [{ name = 'x', rule = 'r' }, { name = 'y' }]", "t: x: unknown field \"rule\""),
            ("topic = 't'\ncase = [{ name = 'x' }, { name = 'y' }]", "t: y: it is the same as t: x"),
            (
                "topic = 't'\nfault = [{}, {}]\ncase = [{ name = 'x', fault = { status = 1 } }, { name = 'y' }]",
                "1 elements over 2",
            ),
        ] {
            let problem = expanded(text).unwrap_err();
            assert!(problem.contains(part), "{part}: {problem}");
        }
    }
}
