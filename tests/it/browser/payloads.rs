//! What strangers write into fields when they want a page to do something; and a port to which nothing may ever speak.

use std::{
    io::Write as _,
    net::{Ipv4Addr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

/// Texts that set `window.__xss`, ask `{C}` for something or open a dialog where a page takes them for more than text.
const PAYLOADS: [&str; 40] = [
    "<script>window.__xss=1</script>",
    "\"><script>window.__xss=1</script>",
    "'><script>window.__xss=1</script>",
    "</textarea><script>window.__xss=1</script>",
    "</title><script>window.__xss=1</script>",
    "</style><script>window.__xss=1</script>",
    "--><script>window.__xss=1</script><!--",
    "]]><script>window.__xss=1</script>",
    "<script src=http://{C}/js></script>",
    "<ScRiPt/x>window.__xss=1</sCrIpT >",
    "<img src=x onerror=window.__xss=1>",
    "\"><img src=http://{C}/img onerror=window.__xss=1>",
    "<img src=x onerror=alert(1)>",
    "<img srcset=\"http://{C}/set 1x\">",
    "<image src=x onerror=window.__xss=1>",
    "<svg onload=window.__xss=1>",
    "<svg/onload=window.__xss=1//",
    "<svg><animate onbegin=window.__xss=1 attributeName=x dur=1s>",
    "<svg><script>window.__xss=1</script></svg>",
    "<body onload=window.__xss=1>",
    "<details open ontoggle=window.__xss=1>x</details>",
    "<input autofocus onfocus=window.__xss=1>",
    "\" autofocus onfocus=\"window.__xss=1\" x=\"",
    "' autofocus onfocus='window.__xss=1' x='",
    "<audio src=x onerror=window.__xss=1>",
    "<video src=http://{C}/video></video>",
    "<iframe srcdoc=\"<script>parent.__xss=1</script>\">",
    "<iframe src=javascript:parent.__xss=1>",
    "<iframe src=http://{C}/frame>",
    "<object data=http://{C}/object></object>",
    "<embed src=http://{C}/embed>",
    "<link rel=stylesheet href=http://{C}/css>",
    "<style>@import url(http://{C}/import);</style>",
    "<p style=\"background:url(http://{C}/style)\">x</p>",
    "<meta http-equiv=refresh content=\"0;url=http://{C}/meta\">",
    "<noscript><p title=\"</noscript><img src=x onerror=window.__xss=1>\">",
    "<math><mtext></table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=window.__xss=1&gt;\">",
    "<a href=\"javascript:window.__xss=1\">x</a>",
    "{{constructor.constructor('window.__xss=1')()}}{% raw %}",
    "&lt;script&gt;window.__xss=1&lt;/script&gt;%3Cscript%3Ewindow.__xss=1%3C/script%3E",
];

/// How many of them do something on a page without any care; the others wait for a click, or to be decoded twice.
pub(super) const LOUD: usize = 34;

/// Returns all of them, asking that port.
pub(super) fn payloads(canary: &Canary) -> Vec<String> {
    let host = format!("127.0.0.1:{}", canary.port);
    PAYLOADS.iter().map(|payload| payload.replace("{C}", &host)).collect()
}

/// Returns a page that takes a text for whatever it likes to be, in every place where pages put texts.
pub(super) fn careless(text: &str) -> String {
    let page = format!(
        "<!doctype html><title>{text}</title><p>{text}</p><input value=\"{text}\"><input value='{text}'>\
         <textarea>{text}</textarea><style>{text}</style>"
    );
    format!("data:text/html,{}", percent_encoding::utf8_percent_encode(&page, percent_encoding::NON_ALPHANUMERIC))
}

/// Somebody who listens and counts who comes.
pub(super) struct Canary {
    port: u16,
    visits: Arc<AtomicU32>,
}

impl Canary {
    pub(super) fn listen() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let visits = Arc::new(AtomicU32::new(0));
        let counted = visits.clone();
        // Ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                // Who goes away without waiting was counted all the same.
                drop(stream.map(|mut stream| stream.write_all(answer)));
            }
        });
        Self { port, visits }
    }

    /// Returns how many came so far.
    pub(super) fn visits(&self) -> u32 {
        self.visits.load(Ordering::SeqCst)
    }
}
