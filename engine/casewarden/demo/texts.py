"""What people write in the demonstration, in English and German: subjects and texts of openings, answers in between."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from casewarden.demo.chance import Chance


@dataclass(frozen=True, slots=True)
class Words:
    """One opening in one language."""

    subject: str
    text: str


Openings = Mapping[str, tuple[Words, ...]]

_EN: Final[Openings] = {
    "outage": (
        Words("Nobody can log in", "Since a few minutes nobody in our house gets past the login page. Please help."),
        Words("Everything answers 503", "All our calls are answered with 503. Our own customers have noticed."),
        Words("Login page stays white", "The login page stays white in every browser we tried."),
        Words("No tokens are issued", "Our services get no tokens any more; all of our shop stands still."),
    ),
    "trouble": (
        Words("Every third login fails", "About every third login fails with a timeout; a second try mostly works."),
        Words("Tokens expire too early", "Tokens are refused after a minute although they should last an hour."),
        Words("One region answers 502", "From our office in the north all calls end with 502."),
    ),
    "bug": (
        Words("Bulk import stops at row 500", "The import of users ends at row 500, without an error."),
        Words("Webhooks arrive twice", "Since the last update each webhook arrives twice."),
        Words("Search misses new users", "Users made today are not found by the search."),
        Words("Audit log lacks an hour", "Between two and three in the morning the audit log is empty."),
    ),
    "slow": (
        Words("Console slower than usual", "The console takes ten seconds for a page that took one."),
        Words("Export takes an hour", "The weekly export took five minutes before; now it takes an hour."),
    ),
    "question": (
        Words("How do we rotate a signing key?", "We have to rotate the signing key by the end of the month. How?"),
        Words("Which roles may export the log?", "Which of our roles may export the audit log?"),
        Words("Two factors for some only?", "Can we demand a second factor for administrators only?"),
        Words("Where do old projects go?", "Where do projects go that we archived last year?"),
    ),
    "billing": (
        Words("Question about the invoice", "The invoice of this month has a line that we do not know."),
        Words("New address for invoices", "Please send invoices to our new address from now on."),
    ),
    "documentation": (Words("The page on key rotation is wrong", "Step three names a button that is not there."),),
    "feature": (Words("Please sort by last login", "It would help us to sort users by their last login."),),
    "advice": (Words("Review of our set-up", "We would like to go through our set-up with our account manager."),),
    "consulting": (Words("Could you build the migration for us?", "We would like you to write our migration."),),
    "end_user": (Words("Forgot my password", "I am a user of a shop that uses your login. I forgot my password."),),
    "security": (Words("A leaked token?", "One of our tokens stands in a public repository. What must we do?"),),
    "recipe": (
        Words("Orders are not passed on", "Since this morning no order reaches our warehouse; all work has stopped."),
        Words("Recipe stops after step four", "A recipe stops after step four and does not say why."),
        Words("Some records are skipped", "Each night some records are left out, never the same ones."),
        Words("Dates shifted by a day", "Dates that come from the store are shifted by one day."),
    ),
    "how_to": (
        Words("How do I retry failed jobs?", "Is there a way to run only the failed jobs again?"),
        Words("Can two recipes share a table?", "May two recipes write into one lookup table?"),
    ),
    "spam": (
        Words("[bold red]You have WON[/] 1,000,000", "Dear winner, click [link=https://prize.example]here[/link]."),
        Words("Cheap \u202eslooT\u202c for your office", "Best price only today. Answer with your card number."),
    ),
    "notice": (Words("Certificate expires in 30 days", "This message was sent by a machine. Do not answer it."),),
}
_DE: Final[Openings] = {
    "outage": (
        Words("Niemand kommt hinein", "Seit ein paar Minuten kommt bei uns niemand über die Anmeldung hinaus."),
        Words("Alles antwortet mit 503", "Alle Aufrufe enden mit 503. Unsere Kundschaft merkt es schon."),
        Words("Anmeldeseite bleibt weiß", "Die Anmeldeseite bleibt in jedem Browser weiß."),
    ),
    "trouble": (
        Words("Jede dritte Anmeldung scheitert", "Etwa jede dritte Anmeldung läuft in eine Zeitüberschreitung."),
        Words("Tokens laufen zu früh ab", "Tokens werden nach einer Minute abgelehnt statt nach einer Stunde."),
    ),
    "bug": (
        Words("Import endet bei Zeile 500", "Der Import der Benutzer endet ohne Fehler bei Zeile 500."),
        Words("Webhooks kommen doppelt", "Seit dem letzten Update kommt jeder Webhook zweimal."),
        Words("Suche findet neue Benutzer nicht", "Heute angelegte Benutzer findet die Suche nicht."),
    ),
    "slow": (Words("Konsole ist zäh", "Die Konsole braucht zehn Sekunden für eine Seite."),),
    "question": (
        Words("Wie tauschen wir den Schlüssel?", "Wir müssen den Signaturschlüssel bis Monatsende tauschen. Wie?"),
        Words("Wer darf das Protokoll sehen?", "Welche unserer Rollen darf das Protokoll exportieren?"),
        Words("Zweiter Faktor nur für manche?", "Können wir den zweiten Faktor nur für Administratoren verlangen?"),
    ),
    "billing": (Words("Frage zur Rechnung", "Auf der Rechnung steht ein Posten, den wir nicht kennen."),),
    "documentation": (Words("Anleitung stimmt nicht", "Schritt drei nennt einen Knopf, den es nicht gibt."),),
    "feature": (Words("Sortieren nach letzter Anmeldung", "Wir würden gern nach der letzten Anmeldung sortieren."),),
    "advice": (Words("Durchsicht der Einrichtung", "Wir möchten unsere Einrichtung mit Ihnen durchgehen."),),
    "consulting": (Words("Migration durch Sie?", "Könnten Sie die Migration für uns schreiben?"),),
    "security": (Words("Token öffentlich?", "Eines unserer Tokens steht in einem öffentlichen Ordner. Was tun?"),),
}

_ANSWERS: Final[Mapping[str, tuple[str, str]]] = {
    "first": ("Thank you, we are looking into it.", "Vielen Dank, wir sehen es uns an."),
    "known": ("We know of the outage and are working on it.", "Die Störung ist bekannt, wir arbeiten daran."),
    "wants": (
        "Could you send us the exact time and a screenshot?",
        "Können Sie uns die genaue Uhrzeit und ein Bild senden?",
    ),
    "again": ("Did our last message reach you?", "Hat Sie unsere letzte Nachricht erreicht?"),
    "still": ("We are still at it and will write again.", "Wir sind weiter daran und melden uns wieder."),
    "done": ("This should be solved now. Is it?", "Das sollte jetzt behoben sein. Ist es das?"),
    "gives": ("Here is what you asked for.", "Anbei, was Sie wissen wollten."),
    "thanks": ("Thank you, that works.", "Danke, das funktioniert."),
    "not_yet": ("Sorry, it is still not right.", "Leider stimmt es noch immer nicht."),
    "returns": ("We were away. The question still stands.", "Wir waren unterwegs. Die Frage steht noch."),
    "urgent": ("This is urgent: please escalate it to a manager.", "Das eilt: Bitte eskalieren Sie es."),
    "manager": ("I have taken this over myself.", "Ich habe das selbst übernommen."),
    "absent": ("I am out of the office until Monday.", "Ich bin bis Montag nicht im Büro."),
    "receipt": ("We have received your request.", "Wir haben Ihre Anfrage erhalten."),
    "note": ("Spoke with the customer; see above.", "Mit dem Kunden gesprochen; siehe oben."),
}


def opening(words: str, language: str, chance: Chance) -> Words:
    """What a customer writes at first, in its language where there is such a text, else in English."""
    texts = _DE.get(words) if language == "de" else None
    return chance.pick(texts or _EN[words])


def answer(name: str, language: str) -> str:
    """What somebody writes in between."""
    english, german = _ANSWERS[name]
    return german if language == "de" else english
