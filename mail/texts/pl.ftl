confirm-address =
    Dzień dobry, { $name }!

    Prosimy o potwierdzenie, że ten adres należy do Ciebie. Do tego czasu możesz się logować, ale nic więcej.

    { $link }

    Odnośnik działa tylko raz, przez { $hours ->
        [one] { $hours } godzinę
        [few] { $hours } godziny
        [many] { $hours } godzin
       *[other] { $hours } godziny
    }. Jeśli to nie Ty zakładasz konto, zignoruj tę wiadomość: nic się nie stanie.
    .subject = Potwierdź swój adres e-mail

reset-password =
    Dzień dobry, { $name }!

    Ktoś, najpewniej Ty, chce ustawić nowe hasło do Twojego konta. Można to zrobić tutaj:

    { $link }

    Odnośnik działa tylko raz, przez { $hours ->
        [one] { $hours } godzinę
        [few] { $hours } godziny
        [many] { $hours } godzin
       *[other] { $hours } godziny
    }. Jeśli to nie Ty, zignoruj tę wiadomość: hasło pozostanie bez zmian.
    .subject = Ustaw nowe hasło

invitation =
    Dzień dobry, { $name }!

    { $inviter } zaprasza Cię do udziału w programie partnerskim { $program } i pisze:

    { $body }

    Ten odnośnik prowadzi do formularza zgłoszenia, wypełnionego na tyle, na ile mogliśmy:

    { $link }

    Jest przeznaczony tylko dla tego adresu, działa raz i wygasa za { $days ->
        [one] { $days } dzień
        [few] { $days } dni
        [many] { $days } dni
       *[other] { $days } dnia
    }. Jeśli nie chcesz wziąć udziału, zignoruj tę wiadomość.
    .subject = { $subject }

application-received =
    Dzień dobry, { $name }!

    Zgłoszenie firmy { $company } do programu { $program } dotarło do nas. Rozpatrzymy je i napiszemy, gdy tylko zapadnie decyzja albo gdy będziemy potrzebować dalszych informacji.
    .subject = { $program }: otrzymaliśmy Twoje zgłoszenie

information-requested =
    Dzień dobry, { $name }!

    Zanim rozpatrzymy zgłoszenie firmy { $company } do programu { $program }, potrzebujemy dalszych informacji:

    { $question }

    Prosimy o odpowiedź w portalu. Zgłoszenie na nią czeka.
    .subject = { $program }: pytanie o Twoje zgłoszenie

application-approved =
    Dzień dobry, { $name }!

    Witamy: firma { $company } jest już partnerem w programie { $program }. Portal jest dla Was otwarty:

    { $link }
    .subject = { $program }: zgłoszenie przyjęte

application-rejected =
    Dzień dobry, { $name }!

    Po rozpatrzeniu zgłoszenia firmy { $company } do programu { $program } nie możemy go przyjąć. { $reason ->
        [sector-mismatch] Wasza branża nie pasuje do programu.
        [insufficient-competence] Nie macie wszystkich kompetencji, których wymaga program.
        [incomplete] Nie otrzymaliśmy tego, o co prosiliśmy.
        [territory-covered] Wasz obszar obsługują już inni partnerzy.
       *[other] Tym razem zdecydowały inne powody.
    }

    W razie pytań prosimy o odpowiedź na tę wiadomość.
    .subject = { $program }: Twoje zgłoszenie
