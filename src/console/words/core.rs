//! Words that every page shows: the frame, the navigation, and what went wrong.

words! {
    skip_to_content: "Skip to the content", "跳到正文";
    navigation: "Navigation", "导航";
    queue: "Queue", "工单队列";
    search: "Search", "搜索";
    buyers: "Buyers", "买家";
    rules: "Rules", "规则";
    practice: "Practice", "练习对话";
    situations: "Situations", "情境";
    reports: "Reports", "报表";
    settings: "Settings", "设置";
    people: "People", "成员";
    tokens: "Tokens", "令牌";
    audit: "Audit log", "审计日志";
    help: "Help", "帮助";
    sign_out: "Sign out", "退出登录";
    paused: "The machine is paused: it sends nothing by itself.", "机器人已暂停：不会自动发送任何消息。";
    stale: "The rule files have a mistake; the last good rules are in force.", "规则文件有错误，当前使用上一版正确的规则。";
    see_problems: "See what is wrong", "查看问题";
    see_switches: "See the switches", "查看开关";
    not_found_title: "There is nothing here", "这里什么也没有";
    not_found: "The address is wrong, or it is not yours to see.", "地址有误，或您无权查看。";
    forbidden_title: "Not allowed", "没有权限";
    forbidden: "Your role does not allow this. Ask somebody with the role admin.", "您的角色不允许此操作，请联系管理员。";
    foreign_form_title: "This form is too old", "此表单已过期";
    foreign_form: "It was not sent by a page of this console, or by one from before you signed in. Nothing was changed: open the page again and repeat.", "该表单不是由本系统页面提交，或提交自登录之前的页面。没有任何更改，请重新打开页面后再试。";
    too_large: "The form is too large. Nothing was changed.", "表单内容过大，没有任何更改。";
    conflict_title: "Somebody was faster", "有人抢先一步";
    bad_request_title: "This cannot be done as asked", "无法按要求执行";
    failed_title: "Something went wrong on our side", "系统出错";
    failed: "Nothing was changed. The log of the service says what happened; try again.", "没有任何更改。请查看服务日志后重试。";
    to_the_queue: "To the queue", "前往队列";
    to_the_login: "Sign in", "登录";
}
