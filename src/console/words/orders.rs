//! The words by which an order is told.

words! {
    line: "{}: {}", "{}：{}";
    between: ", ", "，";
    placed_on: "placed {}", "{} 下单";
    shipped_on: "shipped {}", "{} 发货";
    delivered_on: "delivered {}", "{} 送达";
    written: " ({}, line {}, written {} earlier)", "（{} 第 {} 行，{}前写入）";
    too_old: "too old to be spoken of: {}", "记录过旧，不予引用：{}";
    chat: "a chat does not prove whose order it is", "聊天无法证明订单归属";
    form: "the buyer is named by somebody else, as in a contact form", "买家由他人代填，例如联系表单";
    forwarded: "it is a forwarded mail", "这是转发的邮件";
    unproven: "our mail server does not vouch for the sender's address", "我方邮件服务器未能证实发件地址";
    elsewhere: "it wants the answer at another address", "要求回复到另一地址";
    unknown: "where it stands is not known", "状态未知";
    unpaid: "not paid", "未付款";
    paid: "paid", "已付款";
    packed: "packed", "已打包";
    shipped: "shipped", "已发货";
    delivered: "delivered", "已送达";
    returned: "returned", "已退回";
    canceled: "canceled", "已取消";
}
