confirm-address =
    Merhaba { $name },

    lütfen bu adresin size ait olduğunu onaylayın. O zamana kadar oturum açabilirsiniz, ancak başka bir şey yapamazsınız.

    { $link }

    Bağlantı bir kez ve { $hours ->
        [one] { $hours } saat
       *[other] { $hours } saat
    } boyunca çalışır. Kayıt olan siz değilseniz bu iletiyi yok sayın: hiçbir şey olmaz.
    .subject = E-posta adresinizi onaylayın

reset-password =
    Merhaba { $name },

    biri, büyük olasılıkla siz, hesabınız için yeni bir parola belirlemek istiyor. Bunu buradan yapabilirsiniz:

    { $link }

    Bağlantı bir kez ve { $hours ->
        [one] { $hours } saat
       *[other] { $hours } saat
    } boyunca çalışır. Bu siz değilseniz bu iletiyi yok sayın: parolanız olduğu gibi kalır.
    .subject = Yeni parola belirleyin

invitation =
    Merhaba { $name },

    { $inviter } sizi { $program } programında iş ortağı olmaya davet ediyor ve şöyle yazıyor:

    { $body }

    Bu bağlantı, olabildiğince doldurduğumuz başvuru formuna götürür:

    { $link }

    Yalnızca bu adres içindir, bir kez çalışır ve { $days ->
        [one] { $days } gün
       *[other] { $days } gün
    } içinde geçerliliğini yitirir. Katılmak istemiyorsanız bu iletiyi yok sayın.
    .subject = { $subject }

application-received =
    Merhaba { $name },

    { $company } şirketinin { $program } programına başvurusu bize ulaştı. Başvuruyu inceleyeceğiz ve karar verilir verilmez ya da daha fazla bilgi gerekirse size yazacağız.
    .subject = { $program }: başvurunuz bize ulaştı

information-requested =
    Merhaba { $name },

    { $company } şirketinin { $program } programına başvurusuna karar vermeden önce daha fazla bilgiye ihtiyacımız var:

    { $question }

    Lütfen portalda yanıtlayın. Başvuru bunu bekliyor.
    .subject = { $program }: başvurunuz hakkında bir soru

application-approved =
    Merhaba { $name },

    hoş geldiniz: { $company } artık { $program } programında bir iş ortağı. Portal size açık:

    { $link }
    .subject = { $program }: başvurunuz onaylandı

application-rejected =
    Merhaba { $name },

    { $company } şirketinin { $program } programına başvurusunu inceledik ve kabul edemiyoruz. { $reason ->
        [sector-mismatch] Sektörünüz programa uymuyor.
        [insufficient-competence] Programın aradığı yetkinliklerin tümüne sahip değilsiniz.
        [incomplete] İstediğimiz bilgiler verilmedi.
        [territory-covered] Bölgenizde başka iş ortakları zaten çalışıyor.
       *[other] Bu kez başka nedenler belirleyici oldu.
    }

    Sorularınız varsa bu iletiyi yanıtlayın.
    .subject = { $program }: başvurunuz
