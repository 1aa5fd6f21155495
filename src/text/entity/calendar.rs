//! Words for months, weekdays and days near today, in twelve languages; data only.
//!
//! Short forms that are words of their own (`mar` and `set` of Spanish and Italian, `out` of Portuguese, `sat`) are left
//! out, and so is French `hier`, which is German for "here".

/// Months and their names.
pub(in crate::text) const MONTHS: &[(u32, &str)] = &[
    (
        1,
        "january;jan;januar;jänner;janvier;janv;enero;ene;janeiro;gennaio;gen;январь;января;янв;styczeń;stycznia;sty;يناير",
    ),
    (
        2,
        "february;feb;februar;feber;février;févr;febrero;fevereiro;fev;febbraio;febb;февраль;февраля;фев;luty;lutego;فبراير",
    ),
    (3, "march;mar;märz;mär;mars;marzo;março;marco;март;марта;marzec;marca;مارس"),
    (4, "april;apr;avril;avr;abril;abr;aprile;апрель;апреля;апр;kwiecień;kwietnia;kwi;أبريل;إبريل"),
    (5, "may;mai;mayo;maio;maggio;mag;май;мая;maj;maja;مايو"),
    (6, "june;jun;juni;juin;junio;junho;giugno;giu;июнь;июня;czerwiec;czerwca;cze;يونيو"),
    (7, "july;jul;juli;juillet;juil;julio;julho;luglio;lug;июль;июля;lipiec;lipca;lip;يوليو"),
    (8, "august;aug;août;agosto;август;августа;авг;sierpień;sierpnia;sie;أغسطس"),
    (
        9,
        "september;sep;sept;septembre;septiembre;setiembre;setembro;settembre;сентябрь;сентября;сен;сент;wrzesień;września;wrz;سبتمبر",
    ),
    (
        10,
        "october;oct;oktober;okt;octobre;octubre;outubro;ottobre;ott;октябрь;октября;окт;październik;października;paź;أكتوبر",
    ),
    (11, "november;nov;novembre;noviembre;novembro;ноябрь;ноября;ноя;listopad;listopada;lis;نوفمبر"),
    (
        12,
        "december;dec;dezember;dez;décembre;déc;diciembre;dic;dezembro;dicembre;декабрь;декабря;дек;grudzień;grudnia;gru;ديسمبر",
    ),
];

/// Weekdays by the words that conditions use for them.
pub(in crate::text) const WEEKDAYS: &[(&str, &str)] = &[
    (
        "mon",
        "monday;montag;lundi;lunes;segunda feira;lunedì;понедельник;понедельника;понедельнику;poniedziałek;poniedziałku;الاثنين;月曜日;月曜;周一;星期一;礼拜一;월요일",
    ),
    (
        "tue",
        "tuesday;dienstag;mardi;martes;terça feira;martedì;вторник;вторника;вторнику;wtorek;wtorku;الثلاثاء;火曜日;火曜;周二;星期二;礼拜二;화요일",
    ),
    (
        "wed",
        "wednesday;mittwoch;mercredi;miércoles;quarta feira;mercoledì;среда;среду;среды;среде;środa;środę;środy;الأربعاء;水曜日;水曜;周三;星期三;礼拜三;수요일",
    ),
    (
        "thu",
        "thursday;donnerstag;jeudi;jueves;quinta feira;giovedì;четверг;четверга;четвергу;czwartek;czwartku;الخميس;木曜日;木曜;周四;星期四;礼拜四;목요일",
    ),
    (
        "fri",
        "friday;freitag;vendredi;viernes;sexta feira;venerdì;пятница;пятницу;пятницы;пятнице;piątek;piątku;الجمعة;金曜日;金曜;周五;星期五;礼拜五;금요일",
    ),
    (
        "sat",
        "saturday;samstag;sonnabend;samedi;sábado;sabato;суббота;субботу;субботы;субботе;sobota;sobotę;soboty;السبت;土曜日;土曜;周六;星期六;礼拜六;토요일",
    ),
    (
        "sun",
        "sunday;sonntag;dimanche;domingo;domenica;воскресенье;воскресенья;воскресенью;niedziela;niedzielę;niedzieli;الأحد;日曜日;日曜;周日;星期日;星期天;礼拜天;礼拜日;周天;일요일",
    ),
];

/// Days counted from today.
pub(in crate::text) const RELATIVE: &[(&str, &str)] = &[
    (
        "-2d",
        "day before yesterday;the day before yesterday;vorgestern;avant-hier;anteayer;antes de ayer;anteontem;позавчера;przedwczoraj;前天;一昨日;おととい;그저께;أول أمس",
    ),
    ("-1d", "yesterday;gestern;ayer;ontem;ieri;вчера;wczoraj;أمس;البارحة;昨天;昨日;어제"),
    ("+0d", "today;tonight;heute;aujourd'hui;hoy;hoje;oggi;сегодня;dzisiaj;dziś;dzis;اليوم;今天;今日;오늘"),
    ("+1d", "tomorrow;tmrw;morgen;demain;mañana;amanhã;domani;завтра;jutro;غدا;明天;明日;내일"),
    (
        "+2d",
        "day after tomorrow;the day after tomorrow;übermorgen;après-demain;pasado mañana;depois de amanhã;dopodomani;послезавтра;pojutrze;后天;明後日;あさって;모레;بعد غد",
    ),
];
