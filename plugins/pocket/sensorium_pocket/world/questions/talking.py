"""Small talk: what is said besides questions about a picture, and one fixed reply per intent."""

from __future__ import annotations

from random import Random

from sensorium_pocket.world.things import THINGS, article

from .casual import outside, reacting, talking
from .wordbank import entries
from .wording import finish

REPLIES: dict[str, str] = {
    "greeting": "Hello! Show me a picture and ask me about it.",
    "how": "I am fine, thank you. Ask me about a picture.",
    "who": "I am a pocket model: a very small program that looks at pictures.",
    "can": "I can name the things in a picture, count them, find them and compare them.",
    "thanks": "You are welcome.",
    "bye": "Goodbye!",
    "okay": "All right. Ask me more.",
    "praise": "Thank you!",
    "insult": "I am sorry. I am only small.",
    "outside": "I am only a pocket model: I can talk about the things in a picture.",
    "seeing": "",  # depends on whether there is a picture, see answers.py
}

WEIGHTS: dict[str, int] = {
    "greeting": 3,
    "how": 2,
    "who": 3,
    "can": 3,
    "thanks": 2,
    "bye": 2,
    "okay": 2,
    "praise": 2,
    "insult": 2,
    "outside": 8,
    "seeing": 2,
}

_SAYINGS = {
    "greeting": """
    hi | hi there | hello | hello there | hey | hey there | good morning | good evening | greetings
    good afternoon | good day | morning | evening | howdy | hello you | hi you | yo | hiya | hullo
    hello model | hi model | hi pocket | hello friend | hey friend | hello again | hi again | hallo
    hello, nice to meet you | nice to meet you | pleased to meet you | welcome | hi everybody
    hey you
    hello little one | hi little model | hello computer | good to see you | hello world | g'day
    hi, i am new here | hey buddy | hi buddy | hello my friend | heya | a good morning to you
    salut
    let us start | are you there | is anybody there | anyone there | hello, is anyone there | aloha
    """,
    "how": """
    how are you | how are you today | how are you doing | how do you do | how is it going
    how's life
    how do you feel | how do you feel today | are you ok | are you okay | are you well | what's up
    how have you been | how are things | how are things going | how goes it | you ok | you alright
    are you fine | are you happy | are you feeling well | hi, how are you | hello, how are you
    hey, how are you | how was your day | how is your day | everything ok | everything fine | sup
    is everything all right | doing well | feeling good | hope you are well | i hope you are fine
    how's it going | how's your day | how is life | all good | are you tired
    are you in a good mood
    """,
    "who": """
    who are you | what are you | who is this | what is your name | what's your name | your name
    do you have a name | introduce yourself | please introduce yourself | tell me about yourself
    who am i talking to | who am i speaking with | what am i talking to | are you a robot
    are you real
    are you human | are you a human | are you a person | are you an ai | are you a model
    are you a bot
    are you a computer | are you a machine | what kind of model are you | what model are you
    which model are you | what sort of program are you | are you a language model | are you chatgpt
    who made you | who built you | who created you | who trained you | where do you come from
    what should i call you | how should i call you | what are you called | say who you are | name
    tell me who you are | tell me what you are | describe yourself | are you alive | how big are you
    how small are you | what is this program | how old are you | are you an assistant
    explain yourself
    """,
    "can": """
    what can you do | what are you able to do | what can i ask | what can i ask you | help | help me
    what do you do | what do you know | what are you good at | what are your abilities
    how can you help
    what are your skills | what are you capable of | what are you for | what is your purpose | usage
    how do you work | how does this work | how do i use you | how do i use this | how can i use you
    what questions can i ask | which questions can i ask | what kind of questions can you answer
    what can you tell me | what do you understand | what can you answer | what can you help me with
    can you help me | could you help me | i need help | please help | please help me | instructions
    tell me what you can do | show me what you can do | what else can you do | what should i ask
    what should i ask you | what am i supposed to ask | give me an example | what things do you know
    which things do you know | what are you made for | what do you understand about pictures
    what is possible | list your abilities | list your skills | what features do you have | manual
    what is your job | what's your job | why are you here | how can you help me
    what are my options
    """,
    "thanks": """
    thanks | thank you | thank you very much | thanks a lot | many thanks | thank you so much
    thx | ty
    thanks so much | thanks for your help | thank you for your help | thank you for the help
    cheers
    great, thanks | ok, thanks | okay, thank you | perfect, thank you | good, thank you
    cool, thanks
    i thank you | that helps, thanks | nice, thank you | very kind of you | i appreciate it
    much obliged
    appreciated | thanks, that helped | that was helpful, thank you | thank you, model | thank u
    merci
    thanks for that | thanks for telling me | thanks for the answer | that was very helpful | tnx
    """,
    "bye": """
    bye | bye bye | goodbye | good bye | good night | see you | see you later | see you soon
    farewell
    see you tomorrow | until next time | till next time | so long | take care | have a nice day
    cya
    have a good day | have a good evening | i have to go | i must go now | i am leaving
    i'm leaving
    that is all | that's all | that is all for today | that's it for today | talk to you later
    later
    catch you later | goodbye for now | bye for now | bye then | ok bye | okay, goodbye
    thanks, bye
    thank you and goodbye | enough for today | i am done | i'm done | we are done | exit | quit
    ciao
    the end | good night then | i'll be back | until tomorrow | so long, friend | that will be all
    """,
    "okay": """
    ok | okay | yes | no | yeah | yep | nope | sure | all right | alright | right | i see | got it
    k
    understood | fine | aha | ah | oh | hm | hmm | i understand | yes please | no thanks | oh i see
    that's right | that is right | that is correct | correct | exactly | true | indeed | of course
    yes, that is right | yes, correct | makes sense | ok then | okay then | well | maybe | perhaps
    mhm
    ah, ok | oh, ok | i think so too | agreed | that's true | you are right | you're right | go on
    interesting | i get it | ok got it | that's what i see too | yup | certainly | next | continue
    """,
    "praise": """
    good job | well done | great | great job | nice | nice work | good work | excellent | perfect
    bravo
    very good | awesome | amazing | wonderful | fantastic | you are great | you're great
    you are smart
    you are clever | you are good | you are good at this | you are very good | you are cute
    i like you
    i love you | you are amazing | you are the best | you're the best | impressive
    that's impressive
    that is great | that's great | that was great | that was good | that's amazing
    what a good answer
    good answer | great answer | nice answer | you did well | you did great | good model | good bot
    smart model | clever model | clever | so smart | so good | lovely | brilliant | cool | wow
    super
    you are wonderful | you are so smart | you have good eyes | i am impressed | love it | good boy
    """,
    "insult": """
    you are stupid | you're stupid | you are dumb | you're dumb | you are wrong | you're wrong
    wrong
    that is wrong | that's wrong | that's not right | that is not right | that is not correct
    stupid
    bad | bad answer | bad job | bad model | bad bot | terrible | awful | useless | you are useless
    you're useless | you are bad | you are bad at this | you are terrible | i hate you
    i don't like you
    you suck | this is bad | this is terrible | that is nonsense | nonsense | you are an idiot
    idiot
    dumb model | dumb bot | stupid model | stupid machine | you made a mistake | that's a mistake
    you are blind | are you blind | are you stupid | are you dumb | you know nothing
    what a bad answer
    you are silly | shut up | go away | incorrect | not correct | that is false | false | horrible
    boo
    you are annoying | you are boring | boring | that makes no sense | you don't understand
    rubbish
    """,
    "seeing": """
    do you see a picture | do you see the {pic} | can you see the {pic} | can you see a {pic}
    can you see my {pic} | do you see my {pic} | do you have a {pic} | do you have the {pic}
    is there a {pic} | did you get the {pic} | did you get my {pic} | have you got the {pic}
    have you received the {pic} | do you have my {pic} | did the {pic} arrive | is the {pic} there
    can you see this {pic} | can you see | can you see at all | do you see this {pic}
    do you see any {pic} | are you seeing my {pic} | are you looking at the {pic}
    did i give you a {pic}
    have you got a {pic} | is a {pic} loaded | has the {pic} loaded | can you open the {pic}
    """,
    "outside": """
    what is the capital of {country} | what's the capital of {country} | capital of {country}
    which city is the capital of {country} | how many people live in {country} | where is {country}
    what language do they speak in {country} | have you been to {country} | tell me about {country}
    who is the president of {country} | where can i eat in {city} | what is the population of {city}
    what is {n} plus {n2} | {n}+{n2} | what is {n} times {n2} | how much is {n} plus {n2}
    {n} + {n2}
    what's {n} minus {n2} | {n} times {n2} | calculate {n} plus {n2} | {n} divided by {n2}
    {n} x {n2}
    solve this equation | can you do math | can you calculate | what is the square root of {n}
    tell me a joke | tell a joke | do you know a joke | make me laugh | say something funny
    sing a song
    sing for me | can you sing | can you dance | write a poem | write me a poem | write a story
    tell me a story | can you write code | write a program | write an email | write an essay | poem
    write a poem about {many} | tell me a story about {a} | write a song about {many}
    tell me about {many}
    what is the weather | what is the weather like | how is the weather | will it rain tomorrow
    weather
    is it raining | is it cold outside | what's the weather today | what is the temperature today
    what time is it | what is the time | what day is it | what is the date | what year is it | time
    what day is it today | what's today's date | who is the president | who won the game
    who is {person}
    who was {person} | when was {person} born | what did {person} do | do you know {person}
    what is the meaning of life | why are we here | what is love | what is happiness
    is there a god
    why is the sky blue | why is the grass green | how far away is mars | how tall is mount everest
    what do {many} eat | do you like {many} | do you like {a} | how much does {a} cost
    i like {many}
    how long do {many} live | how do i draw {a} | where can i buy {a} | what does {a} weigh
    who invented the {one} | how fast is {a} | are {many} dangerous | i have {a} at home
    i love {many}
    how do you spell {one} | what does the word {one} mean | why do people like {many}
    do {many} sleep
    what is the history of the {one} | how are {many} made | what is {a} good for | draw me {a}
    can you draw | draw something | draw a picture | paint a picture | make a picture | draw {many}
    play some music | play a song | play a game with me | let us play | let's play | open the door
    turn on the light | turn off the light | set an alarm | call my mother | send a message
    buy milk
    what should i eat | what should i eat today | what's for dinner | i am hungry | i am tired
    i am sad
    i am bored | i am happy | i feel sick | do you love me | will you marry me | do you have friends
    what is your favorite color | what is your favourite food | what is your favorite song
    do you have feelings | do you dream | do you sleep | what do you eat | where do you live
    translate this | translate {one} into french | how do you say {one} in german | speak german
    do you speak french | can you speak spanish | do you speak english | what is {one} in spanish
    search the web | look it up | google it | read the news | what is in the news | what's new
    what happened yesterday | what will happen tomorrow | who will win | tell me the future
    what is a computer | how does a computer work | what is a neural network | what is the internet
    what is python | what is science | explain physics | explain gravity | what is an atom
    how do i cook rice | how do i bake bread | give me a recipe | what is a good book
    what movie is good
    recommend a movie | recommend a restaurant | what is my name | how old am i | where am i
    who am i
    what did i eat | what am i thinking | guess my age | remember this | forget that | stop | wait
    how do i get to the station | what does this button do | my computer is broken | fix my code
    """,
}

_CASUAL = {**talking.SAYINGS, **reacting.SAYINGS, **outside.SAYINGS}
SAYINGS: dict[str, tuple[str, ...]] = {
    # The plain sayings count double: they are what people say most.
    intent: 2 * entries(text) + entries(_CASUAL[intent])
    for intent, text in _SAYINGS.items()
}
_COUNTRIES = entries("""
    france | germany | spain | italy | england | japan | china | india | brazil | canada | mexico
    egypt | russia | poland | sweden | norway | greece | turkey | kenya | peru | chile | cuba
    iran | iraq | nepal | austria | portugal | finland
    """)
_CITIES = entries("paris|london|berlin|rome|madrid|tokyo|vienna|oslo|cairo|lima")
_PEOPLE = entries("""
    einstein | mozart | napoleon | shakespeare | newton | picasso | cleopatra | caesar | beethoven
    darwin | obama
    """)
_ATTENTION = ("hey, ", "please, ", "so, ", "hi, ", "hello, ", "ok, ", "well, ", "now, ", "and ")
_ASKING = entries("""
    what | what's | who | where | when | why | how | how's | which | do | does | did | is | are
    can | could | will | have | has | am | should | shall | may | would | don't | didn't | haven't
    hasn't | isn't | aren't | can't | any | got
    """)
_OPENABLE = ("who", "can", "outside", "seeing", "how")


def phrase_talk(intent: str, rng: Random) -> str:
    """One wording of an intent."""
    text = rng.choice(SAYINGS[intent])
    if "{" in text:
        thing = rng.choice(THINGS)
        text = text.format(
            country=rng.choice(_COUNTRIES),
            city=rng.choice(_CITIES),
            person=rng.choice(_PEOPLE),
            n=rng.randrange(1, 20),
            n2=rng.randrange(1, 20),
            one=thing.name,
            many=thing.plural,
            a=f"{article(thing.name)} {thing.name}",
            pic=rng.choice(("picture", "picture", "image", "photo", "scene", "drawing")),
        )
    if intent in _OPENABLE and rng.random() < 0.15:
        text = rng.choice(_ATTENTION) + text
    first = text.split(" ", 1)[0]
    asking = first in _ASKING or (intent in _OPENABLE and first == "can")
    return finish(text, asking, rng)
