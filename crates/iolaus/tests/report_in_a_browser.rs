//! The report in a real browser: at the width of a telephone and of a desk, nothing sticks out and every
//! figure is drawn. Without a Chromium the test says so and is skipped.

use std::path::Path;
use std::process::Command;

/// What a browser is called, where there is one.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

#[expect(clippy::disallowed_methods, reason = "a browser is another program")]
fn browser() -> Option<&'static str> {
    let runs = |name: &&str| {
        let tried = Command::new(name).arg("--version").output();
        tried.is_ok_and(|output| output.status.success())
    };
    BROWSERS.into_iter().find(runs)
}

/// A page in a frame of a width (a window has a least width, a frame has none), measured; the figures are
/// left in the title, which the browser prints.
fn framed(page: &str, width: u32) -> String {
    let page = page.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<!doctype html><title>not measured</title><iframe width={width} height=1600 \
         style=\"border:0\" srcdoc=\"{page}\"></iframe><script>addEventListener('load', () => {{
const inside = document.querySelector('iframe').contentDocument;
const page = inside.documentElement, figures = [...inside.querySelectorAll('svg')];
const drawn = figures.filter(one => one.getBoundingClientRect().height > 20);
document.title = 'measured ' + page.scrollWidth + ' of ' + page.clientWidth + ', drawn ' +
    drawn.length + ' of ' + figures.length;
}})</script>"
    )
}

#[expect(clippy::disallowed_methods, reason = "a browser is another program")]
fn title(browser: &str, page: &Path, folder: &Path, width: u32) -> String {
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join(format!("profile-{width}")).display()))
        .arg("--window-size=1400,1700")
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("the browser ran before");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let from = text.find("<title>").expect("every page has a title");
    text[from + 7..].split("</title>").next().unwrap_or_default().to_owned()
}

fn numbers(title: &str) -> Vec<u32> {
    title.split([' ', ',']).filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn nothing_sticks_out_at_the_width_of_a_telephone_or_a_desk() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no Chromium here");
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let output = folder.path().join("small");
    #[expect(clippy::disallowed_methods, reason = "the program is what is tested")]
    let ran = Command::new(env!("CARGO_BIN_EXE_iolaus"))
        .args(["demo", "--accounts", "400", "--seed", "3", "--no-serve", "--output"])
        .arg(&output)
        .output()
        .expect("the program is there");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let page = std::fs::read_to_string(output.join("report.html")).expect("a report was written");
    for width in [390, 1_280] {
        let measured = folder.path().join(format!("{width}.html"));
        std::fs::write(&measured, framed(&page, width)).expect("it can be written");
        let title = title(browser, &measured, folder.path(), width);
        let numbers = numbers(&title);
        assert_eq!(numbers.len(), 4, "{title}");
        assert!(numbers[0] <= width && numbers[1] <= width, "at {width} the page is {title}");
        assert!(numbers[2] >= 3 && numbers[2] == numbers[3], "at {width}: {title}");
    }
}
