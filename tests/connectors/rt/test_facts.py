"""What Request Tracker's REST 2 does that a connector has to know: the fake does the same as the real one."""

import json

import httpx
import pytest

from support.rt.desks import KIM, Desk


def test_a_status_that_is_none_is_refused_in_a_success(desk: Desk) -> None:
    ticket = desk.opens()
    (said,) = desk.puts(ticket, Status="nonsense")
    assert said == f"Ticket {ticket}: Status 'nonsense' isn't a valid status for this ticket."
    assert desk.ticket(ticket)["Status"] == "new"


def test_a_custom_field_that_is_not_there_is_passed_over_in_silence(desk: Desk) -> None:
    assert desk.puts(desk.opens(), CustomFields={"Nope": "x"}) == []


def test_a_value_that_a_list_does_not_have_is_refused_in_a_success(desk: Desk) -> None:
    ticket = desk.opens()
    assert desk.puts(ticket, CustomFields={"Core": "exploded"}) == ["Invalid value for custom field"]
    assert desk.ticket(ticket)["Core"] == []


def test_what_one_may_not_do_is_refused_in_a_success(desk: Desk) -> None:
    ticket = desk.opens()
    assert desk.puts(ticket, by="reader", Status="resolved") == [f"Ticket {ticket}: Permission Denied"]
    assert "Permission Denied" in desk.puts(ticket, by="reader", CustomFields={"Core": "down"})[0]
    assert desk[KIM].post(f"/ticket/{ticket}/comment", json={"Content": "x", "ContentType": "text/plain"}).json() == {
        "message": "Permission Denied"
    }


def test_a_message_may_be_taken_and_the_change_that_goes_with_it_refused(desk: Desk) -> None:
    ticket = desk.opens()
    said = {"Content": "x", "ContentType": "text/plain", "Status": "nonsense"}
    made = desk["alice"].post(f"/ticket/{ticket}/correspond", json=said)
    assert made.status_code == httpx.codes.CREATED
    assert made.json()[0] == "Correspondence added"
    assert "nonsense" in made.json()[1]


def test_a_change_of_another_version_is_refused(desk: Desk) -> None:
    ticket = desk.opens()
    version = desk.version(ticket)
    desk.puts(ticket, Priority="10")
    stale = desk["alice"].put(f"/ticket/{ticket}", json={"Priority": "20"}, headers={"If-Match": version})
    assert stale.status_code == httpx.codes.PRECONDITION_FAILED
    assert desk.version(ticket) == f'"{desk.transactions(f"ObjectId = {ticket}")[-1]["id"]}"'
    fresh = desk["alice"].put(f"/ticket/{ticket}", json={"Priority": "20"}, headers={"If-Match": desk.version(ticket)})
    assert fresh.status_code == httpx.codes.OK


def test_a_message_cannot_be_written_against_a_version(desk: Desk) -> None:
    ticket = desk.opens()
    for version in ('"1"', desk.version(ticket)):
        made = desk["alice"].post(
            f"/ticket/{ticket}/comment",
            json={"Content": "x", "ContentType": "text/plain"},
            headers={"If-Match": version},
        )
        assert made.status_code == httpx.codes.PRECONDITION_FAILED
    assert desk.history(ticket) == [("Create", "", "", "")]


@pytest.mark.parametrize("text", ["2026-12-05T10:00:00Z", "1796464800"])
def test_a_date_in_another_form_is_taken_and_becomes_1970(desk: Desk, text: str) -> None:
    ticket = desk.opens()
    desk.puts(ticket, Due="2026-12-05 10:00:00")
    assert desk.ticket(ticket)["Due"] == "2026-12-05T10:00:00Z"
    assert "Due changed" in desk.puts(ticket, Due=text)[0]
    assert desk.ticket(ticket)["Due"] == "1970-01-01T00:00:00Z"


def test_a_date_of_a_custom_field_is_read_in_the_zone_of_who_writes(desk: Desk) -> None:
    ticket = desk.opens()
    desk.puts(ticket, by="alice", CustomFields={"Answer due": "2026-12-05 10:00:00"})
    assert desk.ticket(ticket)["Answer due"] == ["2026-12-05T09:00:00Z"]  # the server's own, Europe/Zurich
    desk.puts(ticket, by="casewarden", CustomFields={"Answer due": "2026-12-05 10:00:00"})
    assert desk.ticket(ticket)["Answer due"] == ["2026-12-05T10:00:00Z"]
    desk.puts(ticket, by="casewarden", CustomFields={"Answer due": "2026-12-05T10:00:00Z"})
    assert desk.ticket(ticket)["Answer due"] == ["2026-12-05T00:00:00Z"]


def test_a_priority_that_is_no_number_becomes_0(desk: Desk) -> None:
    ticket = desk.opens()
    desk.puts(ticket, Priority="10")
    desk.puts(ticket, Priority="abc")
    assert desk.ticket(ticket)["Priority"] == "0"


def test_what_a_ticket_begins_with_is_no_transaction(desk: Desk) -> None:
    ticket = desk.opens(by="alice", Priority="10", CustomFields={"Core": "down", "Tags": ["a", "b"]})
    assert desk.history(ticket) == [("Create", "", "", "")]
    assert (desk.ticket(ticket)["Core"], desk.ticket(ticket)["Priority"]) == (["down"], "10")


def test_a_new_owner_is_two_transactions_with_numbers_for_people(desk: Desk) -> None:
    ticket = desk.opens()
    bob = str(desk["alice"].get("/user/bob").json()["_hyperlinks"][0]["id"])
    desk.puts(ticket, Owner="bob")
    kinds = desk.history(ticket)[1:]
    assert [(kind, field, new) for kind, field, _, new in kinds] == [
        ("Set", "Owner", bob),
        ("SetWatcher", "Owner", bob),
    ]
    assert desk.puts(ticket, Owner=KIM) == [f"Ticket {ticket}: That user may not own tickets in that queue"]
    assert desk.puts(ticket, Owner="nobody at all") == [f"Ticket {ticket}: That user does not exist"]


def test_several_values_are_a_transaction_each(desk: Desk) -> None:
    ticket = desk.opens(by="alice", CustomFields={"Tags": ["a", "b"]})
    desk.puts(ticket, CustomFields={"Tags": ["b", "c"]})
    assert sorted((old, new) for _, _, old, new in desk.history(ticket)[1:]) == [("", "c"), ("a", "")]
    assert desk.ticket(ticket)["Tags"] == ["b", "c"]


def test_a_merged_ticket_answers_as_the_other_and_both_tell_of_the_merge(desk: Desk) -> None:
    one, two = desk.opens(), desk.opens(Subject="The same again")
    assert desk.puts(two, MergeInto=int(one)) == ["Merge Successful"]
    assert str(desk.ticket(two)["id"]) == one
    assert [(kind, field) for kind, field, _, _ in desk.history(two)][-1] == ("AddLink", "MergedInto")
    assert desk.history(one)[-1] == desk.history(two)[-1]
    assert desk.history(two)[-1][3].endswith(f"/ticket/{one}")


def test_a_search_finds_merged_tickets_where_it_asks_for_it_and_deleted_ones_never(desk: Desk) -> None:
    one, two, gone = desk.opens(), desk.opens(Subject="The same again"), desk.opens()
    desk.puts(two, MergeInto=int(one))
    desk.puts(gone, Status="deleted")
    which = f"(id = {one} OR id = {two} OR id = {gone})"

    def found(query: str) -> list[tuple[str, str]]:
        params = {"query": query, "fields": "Subject,EffectiveId", "orderby": "id"}
        items = desk["alice"].get("/tickets", params=params).json()["items"]
        return [(str(item["id"]), item["Subject"]) for item in items]

    assert found(which) == [(one, "A question")]
    assert found(f"{which} AND EffectiveId > 0") == [(one, "A question"), (two, "The same again")]
    assert desk.ticket(gone)["Status"] == "deleted"


def test_a_page_may_be_short_and_not_the_last(desk: Desk) -> None:
    ticket = desk.opens()
    for number in range(3):
        desk.writes(ticket, f"internal {number}", by="alice", how="comment")
    said = desk.writes(ticket, "public", by="alice")
    query = f"ObjectId = {ticket} AND Type != 'EmailRecord' AND Type != 'Status' AND Type != 'CommentEmailRecord'"
    assert [one["Type"] for one in desk.transactions(query, by=KIM, per_page=2)] == ["Create"]
    assert desk.transactions(query, by=KIM, per_page=2, page=2) == []  # a whole page that may not be seen
    third = desk.transactions(query, by=KIM, per_page=2, page=3)
    assert [int(one["id"]) for one in third] == [said]


def test_a_message_to_a_finished_ticket_opens_it_by_a_rule_of_its_own(desk: Desk) -> None:
    ticket = desk.opens()
    desk.puts(ticket, Status="resolved")
    desk.writes(ticket, "It is back.")
    last = desk.transactions(f"ObjectId = {ticket} AND Type = 'Status'")[-1]
    assert (last["OldValue"], last["NewValue"], last["Creator"]["id"]) == ("resolved", "open", "RT_System")


def test_queries_that_are_none_and_fields_that_break_it(desk: Desk) -> None:
    wrong = desk["alice"].get("/transactions", params={"query": "Type IN ('Create','Comment')"})
    assert (wrong.status_code, "expecting a OPERATOR" in wrong.json()["message"]) == (httpx.codes.BAD_REQUEST, True)
    desk.opens()
    query = json.dumps([{"field": "id", "value": 1, "operator": ">="}])
    asked: dict[str, str | int] = {"query": query, "fields": "Parent", "per_page": 1}
    assert desk["casewarden"].get("/attachments", params=asked).status_code == httpx.codes.INTERNAL_SERVER_ERROR


def test_who_is_unknown_and_what_is_not_there(desk: Desk) -> None:
    nobody = httpx.get(f"{desk.server.url}/REST/2.0/rt", headers={"Authorization": "token 1-1-00"})
    assert (nobody.status_code, nobody.json()) == (httpx.codes.UNAUTHORIZED, {"message": "Unauthorized"})
    assert desk["alice"].get("/ticket/999999").status_code == httpx.codes.NOT_FOUND
    assert desk["alice"].put("/ticket/999999", json={"Status": "open"}).status_code == httpx.codes.NOT_FOUND
    other = desk.opens(Requestor=["lee@customer.example"])
    assert desk[KIM].get(f"/ticket/{other}").status_code == httpx.codes.FORBIDDEN
