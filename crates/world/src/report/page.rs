//! A page: headings, paragraphs and tables, escaped, with one style sheet inside.

use std::fmt::Write;

/// A page that is being written.
pub struct Page {
    body: String,
    title: String,
}

/// One look for phone and desk, light and dark; wide tables scroll by themselves.
const STYLE: &str = "
:root{--ink:#1d2530;--dim:#5d6876;--line:#d9dee5;--paper:#fff;--soft:#f4f6f9;--good:#1b7f5c;--bad:#b3372f;--mark:#2b62c4}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--dim:#9aa6b4;--line:#333c48;--paper:#14181e;--soft:#1c222a;--good:#4cc295;--bad:#ef7a70;--mark:#7ba6f5}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:76rem;margin:0 auto;padding:1.2rem}
h1{font-size:1.6rem;margin:.4rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem}
p{max-width:46rem;color:var(--dim);margin:.3rem 0 .8rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.7rem;margin:1rem 0}
.card{background:var(--soft);border-radius:.6rem;padding:.7rem .9rem}
.card b{display:block;font-size:1.45rem;font-variant-numeric:tabular-nums}
.card span{color:var(--dim);font-size:.85rem}
.wide{overflow-x:auto;border:1px solid var(--line);border-radius:.6rem}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.4rem .7rem;text-align:right;white-space:nowrap;border-top:1px solid var(--line)}
tr:first-child th{border-top:0}
th{color:var(--dim);font-weight:600;background:var(--soft)}
th:first-child,td:first-child{text-align:left}
td.words{text-align:left;white-space:normal;min-width:11rem}
.good{color:var(--good)}.bad{color:var(--bad)}
figure{margin:.8rem 0;overflow-x:auto}figcaption{color:var(--dim);font-size:.85rem}
svg{width:100%;min-width:32rem;height:auto;display:block}
svg text{fill:var(--dim);font:12px system-ui,sans-serif}
";

impl Page {
    /// A page with a title.
    #[must_use]
    pub fn new(title: &str) -> Page {
        let mut page = Page { body: String::new(), title: title.to_owned() };
        page.tag("h1", title);
        page
    }

    /// Adds an element with a text.
    pub fn tag(&mut self, tag: &str, text: &str) {
        writeln!(self.body, "<{tag}>{}</{tag}>", escaped(text)).expect("a string takes everything");
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: &str) {
        self.tag("h2", text);
    }

    /// Adds a paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.tag("p", text);
    }

    /// Adds figures of headline numbers: number, what it is, and whether it is good news.
    pub fn cards(&mut self, cards: &[(String, String, Option<bool>)]) {
        self.body.push_str("<div class=\"cards\">\n");
        for (number, words, news) in cards {
            let class = news.map_or("", |good| if good { "good" } else { "bad" });
            writeln!(
                self.body,
                "<div class=\"card\"><b class=\"{class}\">{}</b><span>{}</span></div>",
                escaped(number),
                escaped(words)
            )
            .expect("a string takes everything");
        }
        self.body.push_str("</div>\n");
    }

    /// Adds a table; a cell that begins with `¶` holds words and may be broken.
    pub fn table(&mut self, header: &[&str], rows: &[Vec<String>], empty: &str) {
        if rows.is_empty() {
            return self.paragraph(empty);
        }
        self.body.push_str("<div class=\"wide\"><table>\n<tr>");
        for title in header {
            write!(self.body, "<th>{}</th>", escaped(title)).expect("a string takes everything");
        }
        self.body.push_str("</tr>\n");
        for row in rows {
            self.body.push_str("<tr>");
            for cell in row {
                match cell.strip_prefix('¶') {
                    Some(words) => {
                        write!(self.body, "<td class=\"words\">{}</td>", escaped(words))
                    }
                    None => write!(self.body, "<td>{}</td>", escaped(cell)),
                }
                .expect("a string takes everything");
            }
            self.body.push_str("</tr>\n");
        }
        self.body.push_str("</table></div>\n");
    }

    /// Adds a drawing, which is markup already, with what it shows.
    pub fn figure(&mut self, drawing: &str, caption: &str) {
        writeln!(
            self.body,
            "<figure>{drawing}<figcaption>{}</figcaption></figure>",
            escaped(caption)
        )
        .expect("a string takes everything");
    }

    /// The whole file.
    #[must_use]
    pub fn finish(self) -> String {
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{}</main>\n\
             </body>\n</html>\n",
            escaped(&self.title),
            self.body
        )
    }
}

/// A text in which no letter means anything to a browser.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}
