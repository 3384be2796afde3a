"""Casual sayings of small talk, by intent: what is said to the model."""

from __future__ import annotations

SAYINGS: dict[str, str] = {
    "greeting": """
    hello, how nice to see you | hi, nice to meet you | hello, good morning | hi, good morning
    good morning to you | good morning, model | good evening, model | good afternoon to you
    hi hi | hello hello | hey hey | hey, hello | oh hi | oh, hello there | well, hello
    well hello there | ah, hello | hi pal | hi mate | hey mate | hello mate
    hello, my little friend | hey little one | hello robot | hi robot | hi bot | hello bot
    hey bot | hello machine | hi assistant | hey man | hello assistant | hi, it's me
    hello, it's me again | it's me again | i am back | i'm back | hey, i'm new | hello from me
    greetings, friend | greetings to you | a very good day to you | nice to see you
    nice to see you again | good to meet you | great to meet you | evening all | glad to meet you
    happy to meet you | a pleasure to meet you | pleasure | morning, friend | hi all
    hello everyone | hello everybody | hey everyone | hey folks | hi folks | bonjour | hola
    guten tag | servus | namaste | hi, let's start | hello, let us begin | let's begin
    let us begin | let's get started | shall we begin | shall we start | can we start | ready
    are you ready | knock knock | hello in there | hi in there | anybody home | is someone there
    are you awake | wake up | are you here | you there | just saying hi | just wanted to say hello
    i wanted to say hi | i say hello | say hello | say hi | helo | hai | hii | heyy | hellooo
    """,
    "how": """
    how are you feeling | how are you feeling today | how are you my friend | how are you, model
    how are you this morning | how are you doing today | how are you these days | how r u
    how r you | how are u | how you doing | how you feel | how is you | how is everything
    how is everything going | how is it with you | how is your mood | how is your morning
    how has your day been | how do you do today | how do you find yourself | how's everything
    how's things | how's your life | how's your mood | how's your day going | how was your week
    how was your morning | how was your night | what's going on with you | what is up
    what's up with you | what is up with you | wassup | whats up | are you all right
    are you alright | are you good | are you doing well | are you doing fine | are you doing okay
    are you in good shape | are you feeling ok | are you feeling good today | are you sad
    are you bored | are you sleepy | are you having a good day | are you happy today | u ok
    you okay | you good | you well | you fine | you doing well | is all well
    is all well with you | is all good | all well | all fine | everything good
    everything alright | everything well | feeling well | feeling fine | feeling ok today
    had a good day | having a good day | did you sleep well | do you feel good | do you feel well
    do you feel fine today | i hope you are well | i hope you are doing well
    i hope you feel good | hope you are fine | hope all is well | hi, how is it going
    hello, how is it going | hello, are you well | hi, are you ok | hey, what's up
    hey, how are things | i am fine, and you | and how are you | so how are you
    good day, how are you | good morning, how are you | tell me how you are | tell me how you feel
    may i ask how you are | i wonder how you are | can you tell me how you are
    """,
    "who": """
    who are you exactly | who are you really | who is there | who is it | who is speaking
    who is talking | who is answering me | who answers me | who am i chatting with
    who do i talk to | who do i have the pleasure with | who wrote you | who programmed you
    who developed you | who invented you | who is your maker | who is your creator | who owns you
    who is behind this | what are you exactly | what are you really | what are you, a robot
    what is this thing | what is this model | what is this bot | what is this app | what is pocket
    what is a pocket model | what is your real name | what is your full name
    what do they call you | what do people call you | what name do you have | what may i call you
    what can i call you | what sort of model are you | what sort of ai are you
    what sort of thing are you | what type of model are you | what kind of ai are you
    what kind of program are you | what kind of thing are you | what kind of bot are you
    what machine are you | what version are you | which version are you | which ai are you
    which program is this | which company made you | how is your name | how are you called
    how do you call yourself | how did you come to be | how were you made | how were you trained
    how were you built | how many parameters do you have | how big is this model
    how large are you | are you a he or a she | are you a boy or a girl | are you a program
    are you a real person | are you a human being | are you a man or a machine | are you an animal
    are you a chatbot | are you some kind of robot | are you some kind of ai | are you gpt
    are you siri | are you alexa | are you a neural network | are you a small model
    are you a big model | are you artificial | are you intelligent | are you living
    are you someone | aren't you a robot | aren't you a human | is this a bot | is this a robot
    is this an ai | is this a person | is this a human | is this a model
    is there a human behind you | am i talking to a machine | am i talking to a human
    am i speaking to a robot | you are who | you are what | you are a robot, right
    you are an ai, aren't you | you're a bot, aren't you | and you are | and who are you
    so who are you | so what are you | ok, and what are you | i want to know who you are
    i would like to know who you are | i wonder who you are | i wonder what you are
    i was wondering who you are | i don't know you. who are you | say your name
    tell me your name | give me your name | do tell me your name | state your name
    may i ask your name | may i know your name | can you tell me your name
    can you introduce yourself | could you introduce yourself | can you tell me about yourself
    can you tell me who you are | could you say who you are | tell me something about you
    tell me about you | say something about yourself | present yourself | identify yourself
    do you have a maker | do you have a body | where were you made | when were you made
    my son asks who you are | my son wants to know what you are | my daughter asks your name
    """,
    "can": """
    what can you do for me | what can you do exactly | what can you do with a picture
    what can you do with pictures | what all can you do | what all can i ask | what could you do
    what are you good for | what are you useful for | what are you made to do
    what are your talents | what are your functions | what are your features
    what are your capabilities | what are your powers | what are your limits | what is it you do
    what is it that you can do | what is your function | what is your use | what is your role
    what is your task | what is your skill | what is this for | what is this good for
    what do you offer | what do you have to offer | what do you do exactly
    what do you do all day | what do you know how to do | what do i do | what do i do here
    what do i do now | what do i have to do | what do i type | what do i write | what do i ask
    what should i do | what should i do now | what should i say | what should i type
    what should i write here | what can i do here | what can i do with you | what can i say
    what can i type | what can i write | what can i use you for | what may i ask
    what may i ask you | what might i ask | what could i ask you
    what sort of questions can i ask | what kind of questions can i ask you
    what type of questions do you answer | what works | what questions do you understand
    what questions do you like | what questions are possible | which questions do you answer
    which questions may i ask | which things can you do | which skills do you have
    which words do you know | which words do you understand | how does it work
    how does one use this | how do you function | how do i start | how do i begin
    how do i ask you something | how do i talk to you | how should i ask | how should i use this
    how can i talk to you | how can i work with you | how can you be useful
    how can you be of help | how may i use you | how could you help me | how to use this
    how to use you | how is this used | how is this supposed to work | can you do anything
    can you do something | can you do anything useful | can you help | can you help me out
    can you help me please | can you explain how this works | can you explain what you do
    can you give me a hint | can you give me some help | can you give me an example
    can you answer questions | can i ask you something | can i ask you a question
    can i ask something | may i ask you something | could you help
    could you explain what you can do | could you tell me what you can do
    are you able to help me | are you of any use | are you any help | are you useful
    is there a manual | is there any help | is there a help page | do you have any skills
    do you have abilities | do you have any special skills | do you know how to do something
    do you need anything from me | i don't know what to ask | i don't know what to do
    i don't know how to use this | i am lost | i don't understand how this works
    i have no idea what to ask | i have a question | i would like to know what you can do
    i want to know what you can do | i wonder what you can do | i was wondering what you can do
    i am not sure what to ask you | i am new, what can i ask | i'm stuck | i am stuck, help
    i need some help | i need a hand | i need instructions | hints | help please | help me please
    help me out | help me out please | some help please | a hint please | give me a hint
    give me some help | give me some examples | give me instructions | examples
    an example please | give me ideas what to ask | explain what you can do | explain how you work
    explain how this works | tell me how this works | tell me how to use you | tell me your skills
    tell me about your abilities | tell me what to ask | tell me what i can ask
    tell me what you do | show me your skills | show me how this works | show me what i can ask
    show me an example | say what you can do | list what you can do | list the questions i can ask
    teach me how to use you | so what can you do | so what do you do | ok, what can you do
    and what can you do | options | my son wants to know what you can do
    my daughter asks what you can do | menu | what now
    """,
    "thanks": """
    thanks a million | thanks a bunch | thanks a ton | thanks very much | thanks, friend
    thanks pal | thanks, buddy | thanks, mate | thanks, model | thanks, bot | thanks, my friend
    thanks again | thanks for this | thanks for all | thanks for everything | thanks for looking
    thanks for helping | thanks for helping me | thanks for explaining | thanks for your answer
    thanks for your time | thanks for the info | thanks for the information | thanks for the help
    thanks for your patience | thanks, great help | thanks, great | thanks, perfect
    thanks, that's all i needed | thanks, got it | thanks, that was great
    thanks, that is helpful | thanks, that's very kind | thanks, you helped me
    thanks, very helpful | thank you again | thank you, friend | thank you, my friend
    thank you, bot | thank you, robot | thank you kindly | thank you dearly | thank you a lot
    thank you lots | thank you for everything | thank you for this | thank you for that
    thank you for answering | thank you for the answer | thank you for your answer
    thank you for your time | thank you for looking | thank you for explaining
    thank you for telling me | thank you for helping me | thank you, great | thank you, that helps
    thank you, that was helpful | thank you, you helped a lot | thankyou | thank you, very helpful
    thank you, very kind | thanks to you | thanks you | thank | thnks | tx | thks | thanx
    big thanks | big thank you | a big thank you | a thousand thanks | my thanks
    many thanks to you | many many thanks | so many thanks | all my thanks | warm thanks | danke
    gracias | grazie | arigato | obrigado | much appreciated | i appreciate that
    i appreciate your help | i am grateful | i'm grateful | i am very grateful | i am thankful
    i owe you | i owe you one | i thank you very much | i want to thank you
    i wanted to say thanks | let me thank you | say thanks | i must say thank you | that helped
    that helped me | that helped a lot | that was a great help | that was kind of you
    that was a big help | that is very helpful | that is very kind of you | that is kind
    that's kind of you | that's very helpful | that's a great help, thanks | how kind of you
    so kind of you | kind of you | you are very kind | you are kind | you're so kind
    you have been very helpful | you were very helpful | you helped me a lot | you helped me
    you've been a great help | very helpful | so helpful | helpful, thanks | ah, thanks
    oh, thank you | alright, thanks | super, thanks | wonderful, thank you | fine, thank you
    """,
    "bye": """
    bye, friend | bye, my friend | bye, model | bye, bot | bye, see you | bye, see you later
    bye, take care | bye and thanks | bye for today | bye for the moment | bye everyone | bye all
    bye everybody | bye-bye | bye bye then | byebye | by | buh bye | goodbye, friend
    goodbye, my friend | goodbye, model | goodbye then | goodbye to you | goodbye and thank you
    goodbye and take care | goodbye, see you soon | goodnight | good night, friend
    good night, sleep well | good night and thanks | sleep well | night night | night
    nighty night | have a good night | have a good one | have a great day | have a lovely day
    have a nice evening | have a nice weekend | have a nice time | have a good time | have fun
    adios | see ya | see ya later | see you around | see you again | see you again soon
    see you then | see you next time | see you next week | see you in a bit | see you another time
    see u | c u | cu | cheerio | au revoir | arrivederci | sayonara | toodles | ta ta
    so long then | over and out | take care, friend | take care of yourself | take it easy
    all the best | best wishes | stay safe | be well | till tomorrow | till later | till then
    till we meet again | until later | until then | until we meet again | until soon | i am off
    i'm off | i am off now | i'm off to bed | i am going | i am going now | i am going home
    i am going to bed | i go now | i have to leave | i have to leave now | i have to run
    i have to go now | i must go | i must leave | i must be off | i need to go
    i need to leave now | i gotta go | gotta go | gotta run | got to go | got to leave
    i should go now | i should get going | i will go now | i will leave now | i will be going
    i will come back | i will be back later | i will be back tomorrow | i'll come back later
    i'll go now | i'll leave you now | i'll see you later | i'll talk to you later
    i'll say goodbye | i quit | i want to leave | i want to stop here | i say goodbye
    i wish you a nice day | i wish you a good night | let us stop here | let's stop here
    let's call it a day | let us end this | let's end here | let's finish | that was all
    that was it | that was it for today | that is it | that is it for now | that's it
    that's it for now | that's all for now | that's all for today | that's all, bye
    that is all, thanks, bye | that is all i wanted | that will be all, thank you | that'll be all
    no more questions | no more questions, bye | i have no more questions
    i have no further questions | we're done | we are done here | we're finished | i'm finished
    i am finished | finished | all done | done for today | done for now | enough for now
    time to go | time to leave | time for bed | it is time to go | it's time to say goodbye
    it is late, bye | ok, see you | ok, goodbye | ok, good night | okay, bye | alright, bye
    alright, see you | well, goodbye | thanks, goodbye | thanks and bye | thank you, bye
    thanks, see you | thank you, see you later | log out | end
    """,
}
