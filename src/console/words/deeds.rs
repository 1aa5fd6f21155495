//! What the audit log tells, in the reader's language.

use crate::{console::words::Tongue, model::audit::Deed};

/// Returns a deed in words; what another part of the program wrote is shown as it is.
pub(in crate::console) fn deed(word: &str, tongue: Tongue) -> String {
    let Some(deed) = Deed::from_word(word) else { return word.replace('_', " ") };
    let (english, chinese) = words_of(deed);
    match tongue {
        Tongue::English => english.to_owned(),
        Tongue::Chinese => chinese.to_owned(),
    }
}

fn words_of(deed: Deed) -> (&'static str, &'static str) {
    match deed {
        Deed::SignedIn => ("signed in", "登录"),
        Deed::SignInFailed => ("failed to sign in", "登录失败"),
        Deed::SignedOut => ("signed out", "退出登录"),
        Deed::SessionsEnded => ("ended sessions", "结束会话"),
        Deed::PersonAdded => ("added a person", "添加成员"),
        Deed::Invited => ("made a link", "生成邀请链接"),
        Deed::InvitationAccepted => ("used a link", "使用邀请链接"),
        Deed::NameChanged => ("changed a name", "修改名字"),
        Deed::RoleChanged => ("changed a role", "修改角色"),
        Deed::AccountsChanged => ("changed mailboxes", "修改可处理的邮箱"),
        Deed::PasswordChanged => ("changed a password", "修改密码"),
        Deed::TotpOn => ("switched the second factor on", "开启两步验证"),
        Deed::TotpOff => ("switched the second factor off", "关闭两步验证"),
        Deed::RecoveryCodesMade => ("made recovery codes", "生成恢复码"),
        Deed::RecoveryCodeUsed => ("used a recovery code", "使用恢复码"),
        Deed::PersonDisabled => ("shut a person out", "停用成员"),
        Deed::PersonEnabled => ("let a person in again", "重新启用成员"),
        Deed::TokenAdded => ("made a token", "创建令牌"),
        Deed::TokenRevoked => ("revoked a token", "撤销令牌"),
        Deed::Exported => ("exported data", "导出数据"),
        Deed::SettingChanged => ("changed a setting", "修改设置"),
        Deed::Paused => ("paused the machine", "暂停机器人"),
        Deed::Resumed => ("resumed the machine", "恢复机器人"),
        Deed::SituationSwitched => ("switched a situation", "切换情境"),
        Deed::SituationByDates => ("left a situation to its dates", "让情境按日期生效"),
        Deed::Restored => ("restored from a backup", "从备份恢复"),
    }
}
