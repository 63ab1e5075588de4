confirm-address =
    Hello { $name },

    please confirm that this address is yours. Until then you can sign in, and do nothing else.

    { $link }

    The link works once, for { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    }. If you have not registered, ignore this mail: nothing happens.
    .subject = Confirm your e-mail address

reset-password =
    Hello { $name },

    somebody, most likely you, wants to set another password for your account. Here you can:

    { $link }

    The link works once, for { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    }. If it was not you, ignore this mail: your password stays as it is.
    .subject = Set another password

invitation =
    Hello { $name },

    { $inviter } invites you to become a partner in { $program }, and writes:

    { $body }

    This link leads to the application form, which is filled in as far as we could:

    { $link }

    It is for this address only, works once, and runs out in { $days ->
        [one] { $days } day
       *[other] { $days } days
    }. If you do not want to take part, ignore this mail.
    .subject = { $subject }

application-received =
    Hello { $name },

    the application of { $company } for { $program } has arrived. We shall look at it and write to you as soon as it is decided, or if we need to know more.
    .subject = { $program }: your application has arrived

information-requested =
    Hello { $name },

    before we can decide on the application of { $company } for { $program } we need to know more:

    { $question }

    Please answer in the portal. The application waits for it.
    .subject = { $program }: a question about your application

application-approved =
    Hello { $name },

    welcome: { $company } is now a partner in { $program }. The portal is open to you:

    { $link }
    .subject = { $program }: your application is approved

application-rejected =
    Hello { $name },

    we have looked at the application of { $company } for { $program } and cannot accept it. { $reason ->
        [sector-mismatch] Your sector does not fit the programme.
        [insufficient-competence] You do not have all the competence that the programme asks for.
        [incomplete] What we asked for was not supplied.
        [territory-covered] Other partners cover your territory already.
       *[other] This time other reasons decided.
    }

    If you have questions, answer this mail.
    .subject = { $program }: your application
