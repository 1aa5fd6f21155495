//! The words inside the frame of a mail.

words! {
    nothing: "This message has no HTML; its text is in the conversation.", "此消息没有 HTML，文本见会话。";
    too_complex: "This mail is too large or nested too deep to be shown. Its text is in the conversation; download it to open it with a mail program.", "此邮件过大或嵌套过深，无法显示。文本见会话，可下载后用邮件程序打开。";
}
