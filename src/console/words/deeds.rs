//! What the audit log tells, in the reader's language.

use crate::console::words::Tongue;

/// Returns a deed in words; what has none yet is shown as the log has it.
pub(in crate::console) fn deed(word: &str, tongue: Tongue) -> String {
    let Some((english, chinese)) = words_of(word) else { return word.replace('_', " ") };
    match tongue {
        Tongue::English => english.to_owned(),
        Tongue::Chinese => chinese.to_owned(),
    }
}

fn words_of(word: &str) -> Option<(&'static str, &'static str)> {
    Some(match word {
        "signed_in" => ("signed in", "登录"),
        "sign_in_failed" => ("failed to sign in", "登录失败"),
        "signed_out" => ("signed out", "退出登录"),
        "sessions_ended" => ("ended sessions", "结束会话"),
        "person_added" => ("added a person", "添加成员"),
        "invited" => ("made a link", "生成邀请链接"),
        "invitation_accepted" => ("used a link", "使用邀请链接"),
        "name_changed" => ("changed a name", "修改名字"),
        "mail_address_changed" => ("changed an address for notices", "修改通知邮箱"),
        "staff_mail_refused" => ("was not believed by mail", "邮件身份未通过"),
        "notice_returned" => ("could not be reached by mail", "通知邮件未能送达"),
        "role_changed" => ("changed a role", "修改角色"),
        "accounts_changed" => ("changed mailboxes", "修改可处理的邮箱"),
        "password_changed" => ("changed a password", "修改密码"),
        "totp_on" => ("switched the second factor on", "开启两步验证"),
        "totp_off" => ("switched the second factor off", "关闭两步验证"),
        "recovery_codes_made" => ("made recovery codes", "生成恢复码"),
        "recovery_code_used" => ("used a recovery code", "使用恢复码"),
        "person_disabled" => ("shut a person out", "停用成员"),
        "person_enabled" => ("let a person in again", "重新启用成员"),
        "token_added" => ("made a token", "创建令牌"),
        "token_revoked" => ("revoked a token", "撤销令牌"),
        "exported" => ("exported data", "导出数据"),
        "setting_changed" => ("changed a setting", "修改设置"),
        "paused" => ("paused the machine", "暂停机器人"),
        "resumed" => ("resumed the machine", "恢复机器人"),
        "situation_switched" => ("switched a situation", "切换情境"),
        "situation_by_dates" => ("left a situation to its dates", "让情境按日期生效"),
        "restored" => ("restored from a backup", "从备份恢复"),
        "buyer_noted" => ("wrote a note about a buyer", "填写买家备注"),
        "buyer_graded" => ("graded a buyer", "设置买家等级"),
        "buyer_language_set" => ("set a buyer's language", "设置买家语言"),
        "buyer_country_set" => ("set a buyer's country", "设置买家国家"),
        "buyers_joined" => ("joined two addresses as one person", "将两个地址合并为同一买家"),
        "buyer_parted" => ("parted an address from a person", "将一个地址从买家中分出"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::audit::Deed;

    #[test]
    fn every_deed_has_its_words() {
        let without: Vec<&str> =
            Deed::ALL.into_iter().map(Deed::as_str).filter(|word| words_of(word).is_none()).collect();
        assert!(without.is_empty(), "{without:?}");
    }
}
