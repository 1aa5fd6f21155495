# What a customer's mailbox does while they are on holiday.
require ["vacation"];
vacation :days 1 :addresses ["vac@example.org"] :subject "Out of office" "I am away until Monday.";
