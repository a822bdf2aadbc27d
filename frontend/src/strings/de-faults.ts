// What can go wrong, in German: by the code of internal/fault, what happened and what to do.
export const faults: Readonly<Record<string, readonly [string, string]>> = {
  internal: [
    'In Subrosa ist etwas schiefgegangen.',
    'Versuchen Sie es noch einmal; geschieht es wieder, sagen Sie der IT, was Sie kurz davor getan haben.',
  ],
  passphrase_wrong: [
    'Diese Passphrase öffnet die Schlüssel dieses Rechners nicht.',
    'Prüfen Sie Feststelltaste und Tastaturbelegung, und geben Sie sie noch einmal ein.',
  ],
  passphrase_weak: [
    'Diese Passphrase ist zu leicht zu erraten.',
    'Nehmen Sie vier oder mehr Wörter ohne Zusammenhang, oder mindestens 12 gemischte Zeichen.',
  ],
  keyring_missing: [
    'In dieser Desktop-Sitzung antwortet kein Schlüsselbund.',
    'Bitten Sie die IT, einen Secret Service wie gnome-keyring zu starten, und versuchen Sie es noch einmal.',
  ],
  keyring_locked: [
    'Der Schlüsselbund des Desktops ist gesperrt.',
    'Entsperren Sie ihn mit Ihrem Anmeldepasswort, und versuchen Sie es noch einmal.',
  ],
  keyring_timeout: [
    'Der Schlüsselbund des Desktops hat nicht binnen 5 Sekunden geantwortet.',
    'Suchen Sie seine Passwortfrage, vielleicht hinter diesem Fenster, beantworten Sie sie, und versuchen Sie es noch einmal.',
  ],
  keyring_secret_lost: [
    'Der Schlüsselbund hat die Schlüsselhälfte dieses Rechners nicht mehr.',
    'Nichts wurde überschrieben. Die IT öffnet die Daten mit ihrer Wiederherstellungs-Identität: subrosactl keys recover. Oder spielen Sie den Schlüsselbund aus seiner Sicherung zurück.',
  ],
  keys_damaged: [
    'Eine Schlüsseldatei ist beschädigt.',
    'Nichts wurde überschrieben. Bitten Sie die IT, den Ordner keys aus der Sicherung zurückzuspielen.',
  ],
  keys_missing: [
    'Hier liegen Daten, aber der Ordner keys fehlt.',
    'Nichts wurde überschrieben. Bitten Sie die IT, den Ordner keys zurückzuspielen; richten Sie nicht über vorhandenen Daten neu ein.',
  ],
  not_set_up: [
    'Subrosa ist für dieses Datenverzeichnis noch nicht eingerichtet.',
    'Öffnen Sie das Fenster, oder starten Sie subrosactl init, und wählen Sie eine Passphrase.',
  ],
  already_set_up: [
    'Dieses Datenverzeichnis hat schon Schlüssel.',
    'Entsperren Sie es mit seiner Passphrase, oder wählen Sie ein anderes Verzeichnis mit --home.',
  ],
  locked: ['Subrosa ist gesperrt.', 'Geben Sie die Passphrase ein, um fortzufahren.'],
  busy: ['Es wird noch eine Antwort geschrieben.', 'Warten Sie, oder halten Sie sie erst an.'],
  history_not_encrypted: [
    'Die Verlaufsdatei wäre nicht verschlüsselt und wurde deshalb nicht geöffnet.',
    'Dieser Version fehlt ihre verschlüsselnde Datenbankbibliothek; bitten Sie die IT um eine unterschriebene Version.',
  ],
  history_damaged: [
    'Die Verlaufsdatei ist beschädigt oder mit einem anderen Schlüssel gemacht.',
    'Nichts wurde überschrieben. Bitten Sie die IT, sie aus der Sicherung zurückzuspielen.',
  ],
  history_newer: [
    'Die Verlaufsdatei ist von einem neueren Subrosa geschrieben.',
    'Installieren Sie die neuere Version, um sie zu öffnen.',
  ],
  history_older: [
    'Die Verlaufsdatei ist älter als die Schlüssel oder das Protokoll dieses Rechners: Eine alte Kopie wurde zurückgelegt.',
    'Nichts wurde überschrieben. Bitten Sie die IT, die neueste Verlaufsdatei zurückzulegen; die Compliance sollte davon wissen.',
  ],
  erasure_unfinished: [
    'Hier ist es gelöscht, aber der Schlüsselbund hat noch den Schlüssel, der ältere Kopien öffnet.',
    'Entsperren Sie den Schlüsselbund des Desktops, dann sperren und entsperren Sie Subrosa: Es wird von selbst fertig.',
  ],
  held: [
    'Eine Aufbewahrungssperre verbietet, das zu löschen.',
    'Bitten Sie die Compliance, die Sperre erst aufzuheben; subrosactl hold list zeigt sie.',
  ],
  out_of_reach: [
    'In diesem Ordner darf Subrosa nicht lesen oder schreiben.',
    'Wählen Sie im Fenster ein Wechsellaufwerk oder Schreibtisch, Dokumente oder Downloads, oder bitten Sie die IT um die Rechte an dem Ordner.',
  ],
  backup_failed: [
    'Die Sicherung konnte nicht geschrieben werden, und nichts davon ist geblieben.',
    'Prüfen Sie, dass der Ordner da ist, Platz hat und beschrieben werden kann, und versuchen Sie es noch einmal.',
  ],
  backup_damaged: [
    'Die Sicherung ist beschädigt oder abgeschnitten.',
    'Nichts wurde zurückgespielt. Nehmen Sie eine andere Kopie davon oder eine frühere Sicherung.',
  ],
  backup_identity: [
    'Diese Identität öffnet diese Sicherung nicht.',
    'Bitten Sie die IT um die Wiederherstellungs-Identität, für die die Sicherung versiegelt ist.',
  ],
  recipient_no_slot: [
    'Dieser Empfänger hat hier keinen Zugang zur Wiederherstellung und könnte die Schlüssel in der Sicherung nicht öffnen.',
    'Fügen Sie erst einen hinzu: subrosactl keys add-recovery.',
  ],
  search_rebuilding: [
    'Der Suchindex war beschädigt und wird neu aufgebaut.',
    'Kein Gespräch ist betroffen. Suchen Sie gleich noch einmal.',
  ],
  matter_missing: ['Diese Akte gibt es nicht.', 'Wählen Sie eine aus der Liste der Akten.'],
  matter_built_in: [
    'Diese Akte ist eingebaut: Sie lässt sich nicht umbenennen oder löschen.',
    'Löschen Sie die Gespräche darin, oder verschieben Sie sie in eine andere Akte.',
  ],
  attachment_too_large: [
    'Diese Datei ist zu groß zum Anhängen.',
    'Hängen Sie einen kürzeren Teil davon an, oder fragen Sie die IT nach der Grenze.',
  ],
  document_missing: [
    'Dieses Dokument ist nicht hier.',
    'Wählen Sie eines dieses Gesprächs oder seiner Akte, oder fügen Sie es noch einmal hinzu.',
  ],
  document_too_large: [
    'Dieses Dokument ist zu groß, oder es zu lesen dauert zu lange.',
    'Fügen Sie einen Teil davon hinzu, oder fragen Sie die IT nach der Grenze. Die gelesenen Seiten lassen sich verwenden.',
  ],
  document_kind: [
    'Dokumente dieser Art können hier nicht gelesen werden.',
    'Lesbar sind PDF, Word (.docx), RTF, E-Mail (.eml), HTML, CSV, Markdown und Text; speichern Sie es so.',
  ],
  document_broken: [
    'Dieses Dokument ist beschädigt und ließ sich nicht bis zum Ende lesen.',
    'Öffnen Sie es in dem Programm, aus dem es kommt, speichern Sie es neu, und fügen Sie das hinzu. Die gelesenen Seiten lassen sich verwenden.',
  ],
  document_encrypted: [
    'Dieses Dokument ist mit einem Passwort geschützt.',
    'Speichern Sie in dem Programm, aus dem es kommt, eine Kopie ohne Passwort, und fügen Sie diese hinzu.',
  ],
  document_no_text: [
    'In diesem Dokument ist kein Text; vielleicht wurde es gescannt.',
    'Lassen Sie den Text zuerst erkennen (OCR), und fügen Sie das Ergebnis hinzu.',
  ],
  document_no_picture: [
    'Ein Dokument dieser Art hat keine Seiten, die sich so zeigen ließen, wie sie aussehen.',
    'Lesen Sie hier seinen Text. Seiten einer PDF-Datei werden als Bild gezeigt.',
  ],
  conversation_missing: ['Dieses Gespräch gibt es nicht.', 'Wählen Sie eins aus der Liste.'],
  audit_broken: [
    'Das Protokoll besteht die Prüfung nicht, darum ist das Gespräch angehalten.',
    'Lesen geht weiter. Sagen Sie es der Compliance, und starten Sie subrosactl audit verify für den ersten falschen Eintrag.',
  ],
  audit_unwritable: [
    'Das Protokoll lässt sich nicht schreiben, darum wurde nichts an das Modell gesendet.',
    'Schaffen Sie Platz auf der Festplatte oder prüfen Sie sie, und starten Sie Subrosa neu.',
  ],
  history_rolled_back: [
    'Der Verlauf ist älter, als das Protokoll sagt, darum ist das Gespräch angehalten.',
    'Lesen geht weiter. Hat die IT ältere Dateien zurückgelegt, starten Sie subrosactl audit accept-older; sonst sagen Sie es der Compliance.',
  ],
  record_rolled_back: [
    'Das Protokoll ist älter, als es war, oder nicht dasselbe, darum ist das Gespräch angehalten.',
    'Lesen geht weiter. Hat die IT ältere Dateien zurückgelegt, starten Sie subrosactl audit accept-older; sonst sagen Sie es der Compliance.',
  ],
  record_unwitnessed: [
    'Die Compliance hat dieses Protokoll länger nicht bezeugt, als die Richtlinie erlaubt, darum beginnt kein neues Gespräch.',
    'Geben Sie das Protokoll auf einen USB-Stick aus, lassen Sie die Compliance unterschreiben, und bringen Sie die Datei mit subrosactl audit witness zurück.',
  ],
  record_head: [
    'Der Schlüsselbund des Desktops kann nicht sagen, wie weit das Protokoll war, darum ist das Gespräch angehalten.',
    'Lesen geht weiter. Entsperren Sie den Schlüsselbund, oder bitten Sie die IT darum, dann sperren und entsperren Sie Subrosa.',
  ],
  witness_key_unknown: [
    'Das ist nicht der Zeugenschlüssel, dem dieser Rechner vertraut.',
    'Bitten Sie die Compliance um den Prüfschlüssel des Zeugen, und nennen Sie ihn beim ersten Mal mit --key.',
  ],
  witness_foreign: [
    'Diese Datei ist kein unterschriebener Stand des Protokolls dieses Rechners.',
    'Wählen Sie die Datei .cosigned, die der Zeuge aus dem Bündel dieses Rechners gemacht hat.',
  ],
  disk_full: [
    'Die Festplatte ist voll, darum wurde nichts an das Modell gesendet.',
    'Schaffen Sie Platz, und senden Sie noch einmal; Lesen geht weiter.',
  ],
  model_missing: [
    'Dieses Modell ist nicht hier.',
    'Wählen Sie ein anderes, oder importieren Sie es mit subrosactl model import DATEI.gguf.',
  ],
  model_damaged: [
    'Das versiegelte Modell ist beschädigt oder verändert und wurde darum nicht geladen.',
    'Importieren Sie es noch einmal aus seiner ursprünglichen Datei.',
  ],
  model_wrong_key: [
    'Das Modell ist für einen anderen Rechner versiegelt.',
    'Bitten Sie die IT, es für diesen zu versiegeln, oder importieren Sie hier die ursprüngliche Datei.',
  ],
  model_not_gguf: [
    'Diese Datei ist kein GGUF-Modell.',
    'Wählen Sie eine Datei, die auf .gguf endet und vollständig heruntergeladen ist.',
  ],
  model_part: [
    'Dieses Modell besteht aus Teilen, und sie sind nicht alle da oder gehören nicht zusammen.',
    'Kopieren Sie alle seine Dateien, NAME-00001-of-00003.gguf und so weiter, in einen Ordner, und importieren Sie die erste.',
  ],
  model_too_big: [
    'Für dieses Modell ist nicht genug Arbeitsspeicher frei.',
    'Schließen Sie andere Programme, oder wählen Sie einen kürzeren Kontext oder ein kleineres Modell.',
  ],
  model_unsupported: [
    'Das Modell läuft hier nicht.',
    'Es braucht vielleicht ein neueres Subrosa oder mehr Speicher; wählen Sie vorerst ein anderes Modell.',
  ],
  engine_missing: [
    'Das Modellprogramm oder seine Bibliotheken fehlen.',
    'Installieren Sie Subrosa neu, oder starten Sie make build in einem Quellbaum.',
  ],
  engine_crashed: [
    'Das Modellprogramm ist mitten in der Antwort ausgefallen; was es geschrieben hatte, bleibt.',
    'Senden Sie noch einmal: Es startet von selbst neu. Fällt es immer wieder aus, ist vielleicht zu wenig Speicher frei: Schließen Sie andere Programme, oder wählen Sie ein kleineres Modell.',
  ],
  context_full: [
    'Dieses Gespräch passt nicht mehr in den Kontext des Modells.',
    'Lassen Sie die ältesten Nachrichten zusammenfassen, antworten Sie ohne sie, beginnen Sie ein neues Gespräch, oder kürzen Sie die Nachricht.',
  ],
  summary_failed: [
    'Die ältesten Nachrichten konnten nicht zusammengefasst werden.',
    'Nichts ist verloren. Versuchen Sie es noch einmal, antworten Sie ohne die ältesten Nachrichten, oder beginnen Sie ein neues Gespräch.',
  ],
  policy_denied: [
    'Die Richtlinie dieses Rechners erlaubt das nicht.',
    'Fragen Sie die IT oder die Compliance, welche Regel gilt.',
  ],
  policy_expired: [
    'Die Richtlinie dieses Rechners ist abgelaufen, darum ist das Gespräch angehalten.',
    'Lesen geht weiter. Bitten Sie die IT, die geltende Richtlinie zu installieren, dann sperren und entsperren Sie.',
  ],
  policy_refused: [
    'Die Richtlinie dieses Rechners konnte nicht übernommen werden, darum ist das Gespräch angehalten.',
    'Lesen geht weiter. Bitten Sie die IT, subrosactl policy show anzusehen; es liegt nicht an Ihnen.',
  ],
  role_denied: [
    'Das steht Ihnen nicht zu: Es braucht einen Schlüssel, den eine andere Rolle hat.',
    'Der Versuch steht im Protokoll. Fragen Sie die Compliance oder die IT, deren Schlüssel es braucht.',
  ],
  key_passphrase_wrong: [
    'Diese Passphrase öffnet den Unterschriftsschlüssel nicht.',
    'Prüfen Sie Feststelltaste und Tastaturbelegung, und geben Sie sie noch einmal ein.',
  ],
  rate_limited: [
    'In einer Minute kamen mehr Nachrichten, als die Richtlinie erlaubt.',
    'Warten Sie eine Minute, und senden Sie noch einmal.',
  ],
  guardrail_blocked: [
    'Eine Regel dieses Rechners hat diese Nachricht aufgehalten; nichts wurde an das Modell gesendet.',
    'Ändern Sie, was die Regel nennt, oder fragen Sie die Compliance danach.',
  ],
  answer_blocked: [
    'Eine Regel dieses Rechners hat diese Antwort beendet.',
    'Was vorher zu sehen war, bleibt. Fragen Sie anders, oder fragen Sie die Compliance nach der Regel.',
  ],
  answer_degenerate: [
    'Die Antwort wurde angehalten: Sie wiederholte sich nur noch oder ergab keinen Sinn.',
    'Was vorher zu sehen war, bleibt. Fragen Sie anders, oder wählen Sie ein anderes Modell.',
  ],
  model_purpose: [
    'Dieses Modell ist zum Finden von Stellen in Dokumenten und antwortet nicht.',
    'Es wird von selbst verwendet, wenn Dokumente gelesen werden. Wählen Sie zum Antworten ein anderes.',
  ],
  model_not_allowed: [
    'Die Richtlinie dieses Rechners erlaubt dieses Modell nicht.',
    'Wählen Sie ein anderes Modell, oder bitten Sie die IT um ein unterschriebenes.',
  ],
  package_bad: [
    'Dieses Modellpaket ist beschädigt, unvollständig oder von niemandem unterschrieben, dem hier vertraut wird.',
    'Nichts wurde importiert. Bitten Sie die IT noch einmal um das Paket.',
  ],
  lockdown_failed: [
    'Die Netzsperre ließ sich nicht einrichten, darum ist Subrosa nicht gestartet.',
    'Bitten Sie die IT zu prüfen, dass der Kernel seccomp-Filter zulässt.',
  ],
  network_open: [
    'Ein Weg ins Netz ist offen, darum ist das Gespräch angehalten.',
    'Lesen geht weiter. Starten Sie subrosactl doctor, und zeigen Sie der IT die Zeile, die nicht gesperrt ist.',
  ],
  outcome_unrecorded: [
    'Das Ende dieser Antwort konnte nicht ins Protokoll, darum ist das Gespräch angehalten.',
    'Die Antwort bleibt. Schaffen Sie Platz auf der Festplatte oder prüfen Sie sie, und starten Sie Subrosa neu.',
  ],
  in_use: [
    'Ein anderes Subrosa benutzt dieses Datenverzeichnis.',
    'Schließen Sie das andere Fenster oder den anderen Befehl, und versuchen Sie es noch einmal.',
  ],
  bad_input: ['Diese Eingabe ist nicht brauchbar.', 'Prüfen Sie sie, und versuchen Sie es noch einmal.'],
  export_room: [
    'Dort ist nicht genug Platz, darum wurde die Ausgabe nicht fertig.',
    'Schaffen Sie Platz oder nehmen Sie ein anderes Laufwerk, und geben Sie noch einmal aus: Es fährt dort fort, wo es aufhörte.',
  ],
  export_target: [
    'Die Ausgabe konnte dort nicht geschrieben werden; vielleicht wurde das Laufwerk abgezogen.',
    'Stecken Sie das Laufwerk wieder ein, oder wählen Sie einen anderen Ort, und geben Sie noch einmal aus: Es fährt dort fort, wo es aufhörte.',
  ],
  export_exists: [
    'Eine Datei dieses Namens ist schon da, darum wurde nichts geschrieben.',
    'Wählen Sie einen anderen Namen, oder legen Sie die alte Datei woandershin.',
  ],
  export_unreadable: [
    'Was geschrieben wurde, liest sich nicht so zurück; trauen Sie diesem Laufwerk nicht.',
    'Nichts blieb, was die Prüfung besteht. Geben Sie noch einmal auf ein anderes Laufwerk aus.',
  ],
  export_cancelled: [
    'Die Ausgabe wurde angehalten.',
    'Geben Sie noch einmal an denselben Ort aus, um dort fortzufahren.',
  ],
  verify_cancelled: [
    'Das Protokoll wurde nicht geprüft: Es wurde unterwegs angehalten.',
    'Prüfen Sie es noch einmal, wenn Zeit ist: Was bis dahin gelesen war, sagt nichts über das Ganze.',
  ],
  recipient_invalid: [
    'Das ist kein age-Empfänger.',
    'Er beginnt mit age1 und hat keine Leerzeichen; bitten Sie die Prüferin noch einmal darum.',
  ],
  drives_unknown: [
    'Auf diesem System lassen sich Wechsellaufwerke nicht auflisten.',
    'Geben Sie den Ordner des Laufwerks von Hand an.',
  ],
  unlock_wait: [
    'Zu viele falsche Passphrasen hintereinander.',
    'Warten Sie so lange, wie es sagt, und versuchen Sie es noch einmal; Subrosa zu schließen verkürzt es nicht.',
  ],
  identity_wrong: [
    'Diese Identität öffnet keinen Zugang dieses Rechners.',
    'Starten Sie subrosactl keys list, um zu sehen, welche Empfänger einen haben.',
  ],
  identity_invalid: [
    'Diese Datei enthält keine age-Identität.',
    'Wählen Sie die Datei, die age-keygen geschrieben hat; ist sie verschlüsselt, entschlüsseln Sie sie erst mit age.',
  ],
  slot_exists: [
    'Dieser Empfänger hat schon einen Zugang zur Wiederherstellung.',
    'Nichts zu tun: subrosactl keys list zeigt ihn.',
  ],
  slot_missing: [
    'Einen Zugang dieses Namens gibt es nicht.',
    'Starten Sie subrosactl keys list für die Namen.',
  ],
  slot_needed: [
    'Der eigene Zugang lässt sich nicht entfernen.',
    'Ändern Sie stattdessen seine Passphrase, oder entfernen Sie einen Zugang zur Wiederherstellung.',
  ],
  slot_damaged: [
    'Ein Zugang zur Wiederherstellung ist beschädigt und würde nicht öffnen.',
    'Bitten Sie die IT, ihn zu entfernen und den Empfänger neu hinzuzufügen.',
  ],
  token_failed: [
    'Das Hardware-Token hat seinen Teil des Schlüssels nicht geöffnet.',
    'Stecken Sie es ein, berühren Sie es, wenn es blinkt, und prüfen Sie, dass sein age-Plugin installiert ist.',
  ],
  token_invalid: [
    'Das sind nicht Empfänger und Identität eines age-Plugins.',
    'Kopieren Sie beide Zeilen aus dem, was die Einrichtung des Plugins ausgegeben hat.',
  ],
  passphrase_needed: [
    'Die Richtlinie verlangt eine Passphrase, und die Schlüssel dieses Rechners haben keine, darum ist das Gespräch angehalten.',
    'Wählen Sie eine: in den Einstellungen unter Schlüssel, oder mit subrosactl keys change-passphrase. Lesen geht derweil.',
  ],
  token_needed: [
    'Die Richtlinie verlangt ein Hardware-Token, und die Schlüssel dieses Rechners haben keins, darum ist das Gespräch angehalten.',
    'Lesen geht weiter. Bitten Sie die IT, das Token mit subrosactl keys add-token hinzuzufügen.',
  ],
};
