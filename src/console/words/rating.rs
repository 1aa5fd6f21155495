//! The words of the page on which buyers say how content they are, in the languages of the starter pack. A buyer's
//! language that is not among them gets English.

use crate::model::language::Language;

/// The words in one language; `{}` stands for the shop or the score.
#[derive(Debug)]
pub(in crate::console) struct Words {
    /// The language tag of the page.
    pub tag: &'static str,
    /// The question, for the shop.
    pub question: &'static str,
    /// What 1 means, what 3, what 5.
    pub means: [&'static str; 3],
    /// The field for words.
    pub remark: &'static str,
    /// The button.
    pub send: &'static str,
    /// After an answer.
    pub thanks: &'static str,
    /// Which one it is, with the score.
    pub yours: &'static str,
    /// There is no such question.
    pub gone: &'static str,
    /// Somebody asks too often.
    pub busy: &'static str,
}

impl Words {
    /// Returns the words in a buyer's language.
    pub(in crate::console) fn of(language: Language) -> &'static Self {
        ALL.iter().find(|words| words.tag == language.as_str()).unwrap_or(&ALL[0])
    }

    /// Returns the words in the language that a browser asks for first of those there are.
    pub(in crate::console) fn preferred(accept_language: &str) -> &'static Self {
        let ranges = accept_language.split(',').filter_map(|range| range.trim().split(['-', ';']).next());
        ranges.into_iter().find_map(|tag| ALL.iter().find(|words| words.tag == tag)).unwrap_or(&ALL[0])
    }

    /// Returns how the language is written.
    pub(in crate::console) fn direction(&self) -> &'static str {
        if self.tag == "ar" { "rtl" } else { "ltr" }
    }
}

/// English first: it stands for every language that is not here.
static ALL: [Words; 12] = [
    Words {
        tag: "en",
        question: "How content are you with the help of {}?",
        means: ["not at all", "partly", "completely"],
        remark: "Do you want to add something?",
        send: "Send",
        thanks: "Thank you. You can close this page, or change your answer.",
        yours: "Your answer: {} of 5",
        gone: "This link does not work any more. If something is still open, just reply to our message.",
        busy: "Too many requests. Please try again in a minute.",
    },
    Words {
        tag: "zh",
        question: "您对 {} 的服务满意吗？",
        means: ["完全不满意", "部分满意", "完全满意"],
        remark: "还想补充什么吗？",
        send: "提交",
        thanks: "谢谢。您可以关闭此页面，也可以修改您的评价。",
        yours: "您的评价：{} 分（满分 5 分）",
        gone: "此链接已失效。如果还有没解决的地方，请直接回复我们的消息。",
        busy: "请求过于频繁，请一分钟后再试。",
    },
    Words {
        tag: "de",
        question: "Wie zufrieden sind Sie mit der Hilfe von {}?",
        means: ["gar nicht", "zum Teil", "vollständig"],
        remark: "Möchten Sie etwas hinzufügen?",
        send: "Senden",
        thanks: "Vielen Dank. Sie können diese Seite schließen oder Ihre Antwort ändern.",
        yours: "Ihre Antwort: {} von 5",
        gone: "Dieser Link gilt nicht mehr. Wenn noch etwas offen ist, antworten Sie einfach auf unsere Nachricht.",
        busy: "Zu viele Anfragen. Bitte versuchen Sie es in einer Minute noch einmal.",
    },
    Words {
        tag: "fr",
        question: "Êtes-vous satisfait de l’aide de {} ?",
        means: ["pas du tout", "en partie", "entièrement"],
        remark: "Souhaitez-vous ajouter quelque chose ?",
        send: "Envoyer",
        thanks: "Merci. Vous pouvez fermer cette page ou modifier votre réponse.",
        yours: "Votre réponse : {} sur 5",
        gone: "Ce lien n’est plus valable. S’il reste quelque chose à régler, répondez simplement à notre message.",
        busy: "Trop de demandes. Réessayez dans une minute.",
    },
    Words {
        tag: "es",
        question: "¿Está satisfecho con la ayuda de {}?",
        means: ["nada", "en parte", "del todo"],
        remark: "¿Desea añadir algo?",
        send: "Enviar",
        thanks: "Gracias. Puede cerrar esta página o cambiar su respuesta.",
        yours: "Su respuesta: {} de 5",
        gone: "Este enlace ya no es válido. Si queda algo pendiente, responda simplemente a nuestro mensaje.",
        busy: "Demasiadas solicitudes. Inténtelo de nuevo en un minuto.",
    },
    Words {
        tag: "it",
        question: "È soddisfatto dell’aiuto di {}?",
        means: ["per niente", "in parte", "del tutto"],
        remark: "Desidera aggiungere qualcosa?",
        send: "Invia",
        thanks: "Grazie. Può chiudere questa pagina o cambiare la sua risposta.",
        yours: "La sua risposta: {} su 5",
        gone: "Questo link non è più valido. Se è rimasto qualcosa in sospeso, risponda semplicemente al nostro messaggio.",
        busy: "Troppe richieste. Riprovi tra un minuto.",
    },
    Words {
        tag: "pt",
        question: "Você está satisfeito com a ajuda de {}?",
        means: ["nada", "em parte", "totalmente"],
        remark: "Deseja acrescentar algo?",
        send: "Enviar",
        thanks: "Obrigado. Você pode fechar esta página ou mudar a sua resposta.",
        yours: "A sua resposta: {} de 5",
        gone: "Este link não é mais válido. Se ficou algo pendente, responda à nossa mensagem.",
        busy: "Muitas solicitações. Tente novamente em um minuto.",
    },
    Words {
        tag: "pl",
        question: "Czy są Państwo zadowoleni z pomocy {}?",
        means: ["wcale", "częściowo", "całkowicie"],
        remark: "Czy chcą Państwo coś dodać?",
        send: "Wyślij",
        thanks: "Dziękujemy. Mogą Państwo zamknąć tę stronę lub zmienić odpowiedź.",
        yours: "Państwa odpowiedź: {} na 5",
        gone: "Ten link już nie działa. Jeśli coś pozostało niewyjaśnione, wystarczy odpowiedzieć na naszą wiadomość.",
        busy: "Zbyt wiele zapytań. Prosimy spróbować ponownie za minutę.",
    },
    Words {
        tag: "ru",
        question: "Довольны ли вы помощью {}?",
        means: ["совсем нет", "частично", "полностью"],
        remark: "Хотите что-нибудь добавить?",
        send: "Отправить",
        thanks: "Спасибо. Можно закрыть страницу или изменить ответ.",
        yours: "Ваш ответ: {} из 5",
        gone: "Эта ссылка больше не действует. Если что-то осталось, просто ответьте на наше сообщение.",
        busy: "Слишком много запросов. Попробуйте ещё раз через минуту.",
    },
    Words {
        tag: "ja",
        question: "{} の対応にご満足いただけましたか。",
        means: ["まったく満足していない", "一部満足している", "十分に満足している"],
        remark: "ほかにお気づきの点がございましたらお書きください。",
        send: "送信",
        thanks: "ありがとうございました。このページは閉じていただいて構いません。回答を変更することもできます。",
        yours: "ご回答：5 段階中 {}",
        gone: "このリンクは無効になりました。未解決のことがございましたら、当店のメッセージにそのままご返信ください。",
        busy: "アクセスが集中しています。1 分後にもう一度お試しください。",
    },
    Words {
        tag: "ko",
        question: "{}의 도움에 만족하셨나요?",
        means: ["전혀 만족하지 않음", "일부 만족", "매우 만족"],
        remark: "덧붙이실 말씀이 있나요?",
        send: "보내기",
        thanks: "감사합니다. 이 페이지를 닫거나 답변을 바꾸실 수 있습니다.",
        yours: "답변: 5점 중 {}점",
        gone: "이 링크는 더 이상 사용할 수 없습니다. 해결되지 않은 점이 있으면 저희 메시지에 그대로 회신해 주세요.",
        busy: "요청이 너무 많습니다. 1분 후에 다시 시도해 주세요.",
    },
    Words {
        tag: "ar",
        question: "ما مدى رضاكم عن مساعدة {}؟",
        means: ["غير راضٍ إطلاقًا", "راضٍ جزئيًا", "راضٍ تمامًا"],
        remark: "هل تودّون إضافة شيء؟",
        send: "إرسال",
        thanks: "شكرًا لكم. يمكنكم إغلاق هذه الصفحة أو تغيير إجابتكم.",
        yours: "إجابتكم: {} من 5",
        gone: "لم يعد هذا الرابط صالحًا. إذا بقي شيء لم يُحل، فيكفي الرد على رسالتنا.",
        busy: "طلبات كثيرة جدًا. يرجى المحاولة مرة أخرى بعد دقيقة.",
    },
];
