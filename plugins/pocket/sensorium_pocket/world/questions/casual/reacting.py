"""Casual sayings of small talk, by intent: what is said of its answers and of the picture."""

from __future__ import annotations

SAYINGS: dict[str, str] = {
    "okay": """
    okay, good to know | good to know | okay, fine | ok, fine | ok, i see | okay, i see
    ok cool, next | oki | okey | okie | okay okay | ok ok | okay, understood | ok, understood
    ok, that is clear | that is clear | clear | all clear | i see now | i see, ok
    i see, thats how it is | now i see | now i get it | now i understand | i got it | i got you
    got you | gotcha | i hear you | i understand now | i understand you | i understood | i follow
    i agree | i agree with you | i think so | i thought so | i thought as much | i guess so
    i suppose so | i believe you | i believe so | i knew it | i knew that | i know
    i don't think so | i am not sure about that | if you say so | you say so | as you say
    sounds good | sounds right | sounds about right | seems right | seems so | seems ok
    looks right | looks ok to me | that seems right | that sounds right | that looks right
    that is so | that is fine | that is ok | that is okay | that's ok | that's okay | that's fine
    that's fine by me | that's it exactly | that's exactly it | that's so true
    that is exactly right | that was correct | that was right | that was what i thought
    that's what i thought | that's what i see | that is what i see too | so i see | so it is
    so it seems | so be it | it is | it is so | it is true | it is right | it's right | it's true
    it's correct | yes it is | yes, it is | yes i see | yes, i see it | yes sure | yes of course
    yes, exactly | yes, true | yes yes | yes, indeed | yes, right | yes, i think so
    yes, that's it | ya | yah | yea | yeah, ok | yeah, right | yeah, sure | yeah, true | ye
    yessir | aye | no no | no, it isn't | no, not really | not really | not sure | not now
    no, thanks | no problem | no worries | never mind | nevermind | nah | no way | noted
    duly noted | roger | roger that | copy that | check that | will do | of course not
    sure thing | for sure | surely | sure, ok | sure, go on | go ahead | go on then
    please continue | please go on | carry on | keep going | let us go on | let's go on
    let's continue | let us continue | move on | moving on | next one | next please
    next question please | one more | another one | and now | and then | then what | so what
    well ok | well, yes | well, ok then | well, fine | well yes | alrighty | all right then
    alright then | right then | right you are | righto | right, ok | fair enough | fair
    fine then | fine by me | good, good | good then | good enough | very well | very well then
    absolutely | definitely | precisely | quite | quite so | quite right | totally | obviously
    naturally | clearly | possibly | probably | could be | might be | may be | ah yes | ah right
    ah, now i see | ah, i get it | aha, ok | ahh | ooh | oh really | really | oh ok | oh right
    oh well | oh, now i get it | huh | um | uh | uh huh | mm | mmm | hm, ok | hmm, interesting
    interesting, go on | how interesting | who knew | funny | you don't say
    """,
    "praise": """
    good for you | good boy, model | good girl | good answer, model | good stuff | good one
    good thinking | good eye | good eyes | great eyes | great stuff | great one | great model
    great bot | great, well done | great thinking | greatly done | great work | great result
    nice one | nice job | nice going | nice model | nice bot | nice, well done | nicely done
    neat | sweet | beautiful | beautifully done | marvellous | marvelous | magnificent | splendid
    superb | outstanding | terrific | fabulous | exceptional | incredible | unbelievable
    stunning | phenomenal | genius | you genius | hurray | hooray | yay | woohoo | woo | woah
    whoa | wow, great | wow, you are good | wow, well done | wow, that's right | wow, impressive
    oh wow | oh, very good | ooh, nice | oh, well done | top notch | first class
    five stars | ten out of ten | a plus | full marks | gold star for you | spot on | right on
    bang on | that's spot on | that is spot on | that's perfect | that is perfect
    that was perfect | that is amazing | that was amazing | that is awesome | that's awesome
    that's brilliant | that was brilliant | that's so cool | that is cool | that's clever
    that was clever | that is very clever | that is impressive | that's really good
    that's very good | that is really good | that is very good | that was very good
    that was well done | that was nice | that was excellent | that is excellent | that's excellent
    that is wonderful | that's wonderful | that is lovely | that's lovely | this is great
    this is amazing | this is awesome | this is cool | this is fun | this is so good
    this is fantastic | this works well | it works | it works great | it works well | how clever
    how clever of you | how smart | how nice | how cool | how wonderful | how lovely
    how did you do that, great | so clever | so cool | so nice | so cute | so impressive
    very clever | very smart | very nice | very cool | very impressive | very well done
    really good | really nice | really well done | really impressive | pretty good | pretty cool
    pretty impressive | not bad | not bad at all | not too bad | quite good | quite impressive
    super job | super good | super smart | superb job | amazing job | amazing work | awesome job
    awesome work | excellent job | excellent work | fine work | fantastic job | fantastic work
    wonderful job | brilliant job | brilliant answer | excellent answer | perfect answer
    lovely answer | smart answer | clever answer | what a great answer | what a clever model
    what a smart model | what a good model | what a nice answer | what a star | you are a star
    you're a star | you are a genius | you're a genius | you are a hero | you are my hero
    you rock | you rule | you are so good | you're so good | you are so clever | you're so clever
    you're clever | you're smart | you're good | you're amazing | you're awesome | you are awesome
    you're brilliant | you are brilliant | you're fantastic | you are fantastic | you're wonderful
    you're cool | you are cool | you are nice | you're nice | you are lovely | you're lovely
    you are sweet | you are perfect | you're perfect | you are excellent | you are incredible
    you are impressive | you are very smart | you are very clever | you are really good
    you are really smart | you are pretty good | you're pretty smart | you are so cute
    you are quite clever | you are better than i thought | you are doing great
    you're doing great | you are doing well, model | you did it | you did a good job
    you did a great job | you do well | you got it | you got it right | you got that right
    you have sharp eyes | you see well | you see very well | you know a lot | you never fail
    you win | you made me happy | i am amazed | i'm amazed | i'm impressed | i am very impressed
    i am happy with you | i am proud of you | i'm proud of you | i like it | i like that
    i like this | i like your answer | i like your answers | i like you a lot
    i like how you answer | i love it | i love this | i love that | i love your answer
    i love your answers | i really like you | i adore you | i admire you | i enjoy this
    i am having fun | i think you are great | i think you are smart | i couldn't do it better
    well answered | well said | well seen | well spotted | well done, you | well done, model
    well done, little one | well played | my compliments | my respect | respect | compliments
    congratulations | congrats | kudos | keep it up | keep up the good work | my son loves you
    my daughter loves you | my kids love you | my son likes you | everyone loves you | love you
    love this
    """,
    "insult": """
    you are so stupid | you're so stupid | you are so dumb | you are really dumb
    you are really stupid | you are very stupid | you are a stupid bot | you are a stupid machine
    you are a bad model | you are a bad bot | you are a joke | you are a failure | you are a fool
    you are a liar | you are lying | you are mistaken | you are not right | you are not correct
    you are not smart | you are not very smart | you are not clever | you are not good
    you are not good at this | you are no good | you are no help | you are not helping
    you are not helpful | you are the worst | you're the worst | you are worthless
    you are hopeless | you are crazy | you are ugly | you are weird | you are slow | you are lame
    you are broken | you are rubbish | you are trash | you are garbage | you are awful
    you're awful | you're bad | you're terrible | you're blind | you're annoying | you're boring
    you're mistaken | you're an idiot | you're no good | you're not smart | you're broken
    you idiot | you fool | you liar | you stupid thing | you moron | you dummy | you are a dummy
    you dumb thing | you got it wrong | you got that wrong | you made an error
    you made a big mistake | you made that up | you are making things up | you can't see
    you can't see anything | you can't do anything | you can't count | you fail | you failed
    you failed again | you lied | you lie | you don't know anything | you don't get it
    you don't see well | you don't work | you have bad eyes | you have no idea | you have no clue
    you need glasses | you should be ashamed | you should be better | you see nothing
    you never get it right | you talk nonsense | you talk rubbish | you understand nothing
    you were wrong | you are always wrong | loser | i think you are wrong | i think that is wrong
    i think you are stupid | i think that's a mistake | i am disappointed | i'm disappointed
    i am not happy with you | i am angry with you | i am not impressed | i am not happy with that
    i can't stand you | i dislike you | i do not like you | i do not like this | i don't like this
    i don't like your answer | i don't like it | i hate this | i hate it | i don't believe you
    i do not believe you | i don't agree | i disagree | i do not agree | i expected better
    i expected more | that is bad | that's bad | that is a bad answer | that is stupid
    that's stupid | that is dumb | that's dumb | that is terrible | that's terrible
    that is awful | that's awful | that is not true | that's not true | that isn't true
    that isn't right | that isn't correct | that's incorrect | that is incorrect
    that's not correct | that is a mistake | that is an error | that is a lie | that's a lie
    that is rubbish | that's rubbish | that is garbage | that's nonsense
    that is completely wrong | that's totally wrong | that was wrong | that was bad
    that was a mistake | that was not right | that was a bad answer | that was stupid
    that was no help | that did not help | that doesn't help | that can't be right | that can't be
    this is wrong | this is not right | this is stupid | this is awful | this is rubbish
    this is useless | this is boring | this is nonsense | this is a mistake | this is not correct
    this is so bad | this sucks | this doesn't work | it is wrong | it's wrong | it is not true
    it is not right | it doesn't work | no, that is wrong | no, that's wrong | no, you are wrong
    no, wrong | no, that's not right | no, that is not true | nope, wrong | wrong again
    wrong answer | all wrong | totally wrong | completely wrong | so wrong | so bad | so stupid
    so dumb | very bad | very wrong | very stupid | really bad | not good | not good enough
    not true | not right | not helpful | no good | no help at all | untrue | bad boy | bad robot
    bad machine | worst | bad work | bad eyes | poor | poor answer | poor job | poor work | weak
    weak answer | lame | lame answer | silly bot | silly model | silly machine | silly answer
    stupid bot | stupid robot | stupid thing | stupid answer | stupid program | dumb
    dumb machine | dumb robot | dumb answer | moron | fool | dumb thing | dummy | garbage | trash
    bull | crap | what a joke | what a stupid answer | what a stupid model | what nonsense
    what rubbish | liar | what is wrong with you | what's wrong with you | how stupid
    how stupid are you | how dumb are you | how can you be so stupid | how useless | are you crazy
    are you kidding | are you kidding me | are you serious | are you joking | are you an idiot
    are you broken | are you lying to me | can't you see | can't you see at all
    can't you do anything right | don't you have eyes | do you need glasses | did you even look
    get lost | be quiet | shame on you | leave me alone | get out | yuck | ugh | meh | boo, bad
    oh no, wrong | fail | epic fail | horrible answer
    """,
    "seeing": """
    do you see it, my {pic} | do you see that {pic} | do you see the {pic} i sent
    do you see what i sent you | do you see a {pic} at all | do you see a {pic} or not
    do you see some {pic} | do you have any {pic} | do you have a {pic} to look at
    do you have that {pic} now | do you have the {pic} already | do you get my {pic}
    do you receive my {pic} | do you notice the {pic} | do you already see my {pic}
    don't you see the {pic} | don't you see my {pic} | don't you have my {pic}
    did you receive the {pic} | did you receive my {pic} | did you see my {pic}
    did you see the {pic} i sent | did you look at my {pic} | did you open the {pic}
    did you load the {pic} | did my {pic} arrive | did my {pic} load | did my {pic} come through
    did the {pic} come through | did the {pic} get to you | did the {pic} load
    did the {pic} reach you | did a {pic} arrive | did i send you a {pic} | did i send the {pic}
    did i upload a {pic} | did i upload the {pic} | did i show you the {pic}
    didn't you get my {pic} | didn't you get the {pic} | have you a {pic} | have you got any {pic}
    have you got my {pic} | have you seen my {pic} | have you seen the {pic}
    have you opened the {pic} | have you loaded my {pic} | have you received a {pic}
    have i sent a {pic} | have i given you a {pic} | have i shown you a {pic}
    haven't you got my {pic} | has my {pic} arrived | has the {pic} arrived | has my {pic} loaded
    has a {pic} arrived | has the {pic} reached you | has the {pic} come through
    is my {pic} there | is my {pic} loaded | is the {pic} loaded | is my {pic} visible
    is the {pic} visible | is the {pic} visible to you | is my {pic} open | is any {pic} loaded
    is any {pic} there | is there any {pic} | is there a {pic} or not | is there a {pic} now
    is there a {pic} in front of you | is there already a {pic} | is there no {pic}
    isn't there a {pic} | is it loaded, the {pic} | is the upload done | is the {pic} with you
    is the {pic} ok | is the {pic} clear | is the {pic} clear to you | are you able to see
    are you able to see the {pic} | are you able to see my {pic} | are you able to open the {pic}
    are you blind or do you see the {pic} | are you looking at my {pic} | are you seeing a {pic}
    are you seeing the {pic} | are you looking at a {pic} | can you open my {pic}
    can you view the {pic} | can you view my {pic} | can you see a {pic} at all
    can you see any {pic} | can you see that {pic} | can you see the {pic} now
    can you see the {pic} i sent | can you see my {pic} yet | can you see it yet, the {pic}
    can you see what i sent | can you load the {pic} | can you look at my {pic}
    can you not see the {pic} | can't you see my {pic} | can't you see the {pic}
    could you see my {pic} | could you open the {pic} | could you load my {pic}
    you can see my {pic}, right | you can see the {pic}, can't you | you can see the {pic}, right
    you see my {pic}, right | you see my {pic}, don't you | you see the {pic}, yes
    you see a {pic} | you see the {pic} | you have my {pic} | you have the {pic}, right
    you have a {pic}, don't you | you got my {pic} | you got the {pic}, right
    i sent you a {pic}. did you get it | i sent a {pic}. do you see it
    i sent you a {pic}, do you have it | i uploaded a {pic}. do you have it
    i uploaded my {pic}, can you see it | i gave you a {pic}, didn't i
    i hope you can see my {pic} | i hope the {pic} arrived | i hope you got the {pic}
    i wonder if you can see my {pic} | i wonder if you see the {pic}
    i was wondering if you got my {pic} | i am not sure if you got the {pic}
    i'm not sure the {pic} loaded | i'd like to know if you see the {pic}
    i want to know if you see my {pic} | my son asks if you can see his {pic}
    tell me if you can see the {pic} | tell me if you see a {pic} | tell me if you got my {pic}
    tell me whether you have a {pic} | please say if you see my {pic}
    let me know if you see the {pic} | let me know if you got the {pic}
    say yes if you see my {pic} | check if you have a {pic} | check if the {pic} is loaded
    check whether the {pic} arrived | {pic} loaded | {pic} received | {pic} there | got a {pic}
    got the {pic} | got my {pic} | any {pic} there | any {pic} | see my {pic} | see the {pic}
    seen my {pic} | here is my {pic}, do you see it | here is a {pic}. can you see it
    hello, do you see my {pic}
    """,
}
