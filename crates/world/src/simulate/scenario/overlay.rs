//! What a plan changes of a built-in scenario: its keys are laid over the file's.

/// Lays the keys of `over` over those of `table`, table by table.
pub fn lay_over(table: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_changes() {
        let parse = |text: &str| text.parse::<toml::Table>().expect("good TOML");
        let mut table = parse("a = 1\n[b]\nc = 2\nd = 3");
        lay_over(&mut table, parse("[b]\nc = 5"));
        assert_eq!(table, parse("a = 1\n[b]\nc = 5\nd = 3"));
    }
}
