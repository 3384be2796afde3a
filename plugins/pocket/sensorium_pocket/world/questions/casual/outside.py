"""Casual sayings about everything that is not in a picture."""

from __future__ import annotations

SAYINGS: dict[str, str] = {
    "outside": """
    who is the queen of {country} | who is the king of {country} | who rules {country}
    how big is {country} | how far is {country} from here | how do i get to {country}
    is {country} a nice place | is it warm in {country} | what do people eat in {country}
    what is {country} famous for | what is the flag of {country}
    which language is spoken in {country} | when should i visit {country} | i am from {country}
    i live in {city} | i want to travel to {country} | i was born in {city}
    tell me something about {country} | tell me about {city} | have you been to {city}
    how far is {city} | how old is {city} | how many people live in {city}
    what can i visit in {city} | what is the weather in {city} | where is {city}
    book a flight to {city} | book me a hotel in {city} | how do i get to {city}
    which country is {city} in | how much is {n} times {n2} | how much is {n} minus {n2}
    how much is {n} divided by {n2} | how many is {n} plus {n2}
    what do you get if you add {n} and {n2} | what is {n} and {n2} together
    what is {n} minus {n2} | what is {n} divided by {n2} | what is {n} percent of {n2}
    what is half of {n} | add {n} and {n2} | multiply {n} by {n2} | {n} - {n2} | {n} * {n2}
    {n} plus {n2} | {n} minus {n2} | {n} plus {n2} is what | is {n} a prime number
    is {n} greater than {n2} | can you add {n} and {n2} | count to {n} | count backwards from {n}
    do the math: {n} plus {n2} | how are {many} born | how big is {a} usually
    how big do {many} get | how can i get {a} | how do {many} work | how do {many} live
    how do i make {a} | how do i clean {a} | how do you make {a} | how heavy is {a} usually
    how is {a} made | how much do {many} weigh | how much do {many} cost | how old do {many} get
    how old is your {one} | how do you pronounce {one} | why are {many} so popular
    why do {many} exist | why do i need {a} | what are {many} made of | what are {many} used for
    what are {many} good for | what do you think of {many} | what do you know about {many}
    what do you call {a} in french | what rhymes with {one} | what is the plural of {one}
    what is the french word for {one} | what is the best {one} to buy
    what is your favorite {one} | what should i name my {one} | when were {many} invented
    where do {many} come from | where do {many} live | where can one buy {many}
    where did you buy your {one} | who made the first {one} | who likes {many}
    can you buy me {a} | can you draw {a} | can you draw me {a} | can you be {a} | can i eat {a}
    can i keep {a} at home | could you write a poem about {a} | could you draw me {a}
    do you have {a} at home | do you own {a} | do you want {a} | do you dream of {many}
    did you ever own {a} | did you ever eat {a} | are {many} expensive | are {many} healthy
    are {many} cheap | are {many} good for children | are you afraid of {many}
    have you ever touched {a} | have you ever owned {a} | is {a} expensive | is {a} a good present
    i want to buy {a} | i would like to buy {a} | i bought {a} yesterday | i don't like {many}
    i hate {many} | i had {a} when i was young | i dreamed of {a} | i am afraid of {many}
    i wish i had {a} | my neighbor has {a} | my father bought {a} | my favorite thing is {a}
    my {one} is at home | buy me {a} | get me {a} from the shop | sell me {a} | order {a} for me
    make me {a} | paint me {a} | sketch {a} for me | sing a song about {many}
    tell me a joke about {many} | tell me a fact about {many} | write a story about {a}
    write a poem about {a} | explain {many} to me | explain how {many} work
    give me facts about {many} | define {one} | meaning of {one} | spell {one}
    say {one} in french | translate {many} into spanish | price of {a}
    a joke about {many} please | fun facts about {many} | who is your favorite singer
    who is the richest man in the world | who is the best player | who wrote hamlet
    who painted the mona lisa | who discovered america | who won the world cup
    who will win the election | who is my neighbor | who invented the internet
    who sings this song | who loves me | when is easter | when is christmas
    when does the shop open | when does the bus leave | when did the war end | when will it rain
    when is my birthday | when is lunch | when do we eat | where is my phone charger
    where is my wife | where is the nearest hospital | where is the toilet | where can i park
    where can i learn english | where can i get some food | where did i leave my wallet yesterday
    where were you born | where do i find work | which football team is the best | which day is it
    which year is it | which movie should i watch | which film do you like | why do we sleep
    why do we dream | why is water wet | why am i here | why is life so hard | why is it so cold
    why do cars need petrol | how tall are you | how do i lose weight | how do i learn english
    how do i become rich | how do i fix my computer | how do i install windows
    how do i tie a tie | how do i write a letter | how do planes fly | how does the internet work
    how does electricity work | how far is the moon from earth | how far is it to the sun
    how hot is it outside | how long is a year | how long does it take to boil an egg
    how many days are in a year | how many planets are there in space
    how many hours are in a day | how many legs do spiders have | how many people live on earth
    how much money do i have | how much do you cost | how much does the earth weigh
    how old is the universe | how old is the earth | how deep is the sea
    what are you doing tonight | what are the news today | what are your hobbies
    what did you do yesterday | what did you have for breakfast | what do you think about politics
    what do you want to eat | what does my wife think | what is for lunch
    what is going on in the world | what is my horoscope | what is my password
    what is my phone number | what is the best movie | what is the fastest car in the world
    what is the highest mountain | what is the largest country in the world
    what is the longest river | what is the name of my mother | what is the price of gold
    what is the speed of light | what is the stock price | what is the time now
    what is the weather going to be | what is the wifi password | what is your favorite animal
    what is your favorite movie | what is your favourite book | what is your religion
    what language is this | what makes you happy | what music do you like
    what shall i cook tonight | what shall i wear today | what sport do you like
    what will the weather be tomorrow | what would you do with a million | what's on tv tonight
    what's my name | what's the score | what's your favorite color | what's your phone number
    what's the time | what's the news | can you cook | can you drive | can you hear me
    can you hear music | can you help me with my homework | can you keep a secret
    can you lend me money | can you order food | can you play chess | can you read my mind
    can you read this text | can you run | can you send an email | can you speak german
    can you speak chinese | can you swim | can you tell the future | can you tell me a joke
    can you tell me a story | can you tell me the time | can you think | can you translate this
    can you walk | can you write a letter | can i trust you | can i pay with a card
    can i kiss you | could you make me a coffee | could you play some music
    could you tell me a fairy tale | could you turn the music off | do aliens exist
    do fish sleep at night | do i look good | do i need a coat today | do you believe in god
    do you drink coffee | do you get paid | do you go to school | do you have a girlfriend
    do you have a job | do you have children | do you have a family | do you have a soul
    do you know my name | do you know my mother | do you know the time | do you know the weather
    do you like me | do you like music | do you like football games | do you like your job
    do you play games | do you read books at night | do you speak spanish
    do you think it will rain | do you watch tv | do you want to play a game | did you eat
    did it rain yesterday | did my team win | does god exist | does he love me
    is it going to rain | is it hot outside | is it late | is it sunny today | is it monday
    is my wife at home | is the earth round | is the shop open | is there life on mars
    is today a holiday | is tomorrow a holiday | is water wet | am i beautiful | am i late
    am i rich | are aliens real | are ghosts real | are there aliens | are you hungry
    are you in love | are you married | are you single | are you busy tonight | will i be rich
    will it snow | will you be my friend | will it be sunny tomorrow | will you marry my sister
    should i buy a new computer | should i call her | should i go to school today
    should i take a coat | i am cold | i am lonely | i am angry | i am thirsty | i am in love
    i am late for work | i am ill | i am at work | i am at home | i can't sleep | i feel bad
    i feel lonely | i had a bad day | i have a headache | i have a cold | i have no money
    i hate mondays | i hate my job | i like music | i like pasta | i live alone | i love my wife
    i love pasta | i lost my job | i miss my mother | i need a doctor | i need a job
    i need a new computer | i need money | i need a recipe for dinner | i need to buy milk
    i want to go home | i want to eat | i want to sleep | i want to learn guitar
    i want a pizza for dinner | i went to school today | it is raining | it is cold today
    it is my birthday | my birthday is in may | my computer is slow | my head hurts
    my mother is ill | my name is peter | my name is anna | my son is ill | my wife left me
    today is monday | today is my birthday | tomorrow is friday | we won the game
    we are going to the beach | call a taxi | call the police | call me later | check my email
    check the weather | close the window | convert ten dollars to euros | cook dinner for me
    cook me something | dance for me | delete my files | do my homework | explain the bible
    explain love to me | explain the world | find me a job | find a restaurant near me
    find me a flight | fix my computer | give me a kiss | give me money | give me some advice
    give me a million | guess what i had for lunch | help me with my homework | help me with math
    make me a coffee | make me a sandwich | make coffee | open my email | open the window
    order a taxi | order some food | pay my bills | play chess with me | play jazz
    play my favorite song | read me a story | read my email | recommend me a book
    remind me to call my mother | say a prayer | say something in french | say something nice
    search for cheap flights | send an email to my boss | set a timer
    set a timer for {n} minutes | show me the news | show me the weather | sing me a song
    solve my problem | speak to me in german | start the car | start the music
    tell me a fairy tale | tell me a secret | tell me a fun fact | tell me about history
    tell me about love | tell me about the war | tell me the news | tell me the time
    tell me something interesting | tell me something funny | translate this text into german
    turn off the music | turn on the tv | wake me up at {n} | wash my clothes
    write a letter to my boss | write a novel | write me a song | write a python program
    write an essay about war | write my homework | let's dance | let's talk about politics
    let's talk about love | let's go to the movies | let us talk about music | joke please
    a joke | another joke please | news | the news please | weather today | weather tomorrow
    music please | my horoscope | recipe for soup | lottery numbers
    """,
}
