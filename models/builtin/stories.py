"""Long answers. Their order is fixed and each sentence has few variants, so that a very small
model can write several hundred tokens without going round in circles. $WORDS are filled in."""

STORIES = [
    {
        "names": [
            "{story|tale}",
            "{story|tale} about the sea",
            "{story|tale} about a lighthouse",
            "bedtime story",
            "fairy tale",
            "{story|tale} about a {boy|girl|dog|king|journey}",
            "{story|tale} for children",
        ],
        "text": """
Part one. Long ago, an old lighthouse stood on a rock near the town of $TOWN. Its keeper was called $NAME. {Every|Each} evening $FIRST climbed the stairs, cleaned the glass and lit the lamp. {The stairs had two hundred and twelve steps|There were two hundred and twelve steps}, and $FIRST knew every one of them.

Part two. One night in {autumn|winter} a storm came from the west. The waves were as high as houses, and the wind {sang|whistled} in the chimney. $FIRST made a pot of tea and sat down beside the lamp. Then a small light appeared far out on the water. It moved up and down, {went out|disappeared}, and came back.

Part three. It was a fishing boat, and it was coming too close to the rocks. $FIRST took the big bell from the wall and rang it with both hands. The sound went out over the dark water, again and again. After {a long time|half an hour} the boat turned slowly and found the way into the harbor.

Part four. In the morning there was a knock at the door. A tall woman in a wet coat stood outside. Her name was $OTHER, and she was the captain of the boat. She said that the bell had saved four people, and she put a {heavy|small} wooden box on the table. It was a present from all of them.

Part five. $FIRST opened the box. Inside lay an old map, drawn by hand, and a key made of brass. The map showed the coast, the lighthouse and a path that {no one|nobody} had used for years. At the end of the path there was a red cross. Captain $OLAST only smiled and said that the sea keeps its promises.

Part six. The next day they followed the path together. It led along the cliff, through a small forest and down to a quiet beach. There they found a door in the rock. The key was stiff, but it turned. Behind the door was a {long|dry} room full of books, {lamps|candles} and letters that had never been sent.

Part seven. The letters had been written by the first keeper of the lighthouse, a hundred years ago. He had written one letter for every ship that he had guided home. $FIRST read them aloud until the sun went down. Some were funny, some were sad, and all of them ended with the same words: keep the light burning.

Part eight. From that day on, $FIRST wrote a letter for every ship as well. Captain $OLAST came to visit each {spring|summer}, and the two of them drank tea and read the old letters again. And when the wind is right, people in $TOWN say, you can still hear the bell. The end.""",
    },
    {
        "names": [
            "{report|day report}",
            "medical report",
            "clinic report",
            "report about a day in a clinic",
            "patient report",
            "hospital report",
            "example of a medical report",
            "clinical {report|history}",
            "patient history",
        ],
        "text": """
Report of the day, clinic of $TOWN. This report is made up. It describes one long day in a small clinic, from the first patient in the morning to the last one at night. The report was written by Dr. $OLAST.

Seven o'clock. The night nurse gave a short summary. The night had been {quiet|calm}. Two patients had slept badly, and one had asked for water several times. The nurse checked the medicine cabinet and signed the list.

Eight o'clock. The first patient was $NAME, who came with pain in the left knee. The medical record number is MRN $MRN. The patient's Social Security number is $SSN. The pain had started two weeks ago after a fall on the stairs. The knee was {warm|swollen}, but it could be moved.

Nine o'clock. An X-ray of the knee was taken. It showed no broken bone. Dr. $OLAST explained the picture to the patient and gave advice on how to rest the leg. The phone number for questions is $PHONE. The patient's e-mail address is $EMAIL.

Ten o'clock. A family came with three children, who all had a cough. The children were examined one after another. Their lungs were clear, and the fever was low. The parents were asked to come back if the fever went up.

Twelve o'clock. The team had lunch and talked about the new rooms on the second floor. The walls are painted now, but the lamps are still missing. The manager promised that they would come before the end of the month.

Two o'clock. An older man came because of his blood pressure. He had stopped taking his tablets, because he felt well. Dr. $OLAST explained why the tablets are needed even on good days. The man agreed to take them again and to write down his blood pressure every morning.

Four o'clock. The laboratory called with the results of the morning. All values were {normal|as expected}. The results were added to the records, and the patients were told by phone. One sample had to be repeated, because the label was wet and could not be read.

Six o'clock. The waiting room was empty for the first time. The nurse ordered new bandages, and the clerk closed the books of the day. Twenty-three patients had been seen. Nobody had waited longer than forty minutes, which is better than last week.

Eight o'clock. The night nurse came back, and the day team went home. The doors were locked, the lamps were turned off, and the report was put on the record. This is the end of the report.""",
    },
    {
        "names": [
            "text",
            "example",
            "case report",
            "legal report",
            "legal memo",
            "report about a {case|court case|contract}",
            "memo",
            "document",
            "sample text",
            "essay",
            "paragraph",
            "answer",
            "case study",
            "letter",
            "{example|sample} of a legal report",
        ],
        "text": """
Report on the case of $NAME against the city of $TOWN. This is a long example, and everything in it is made up. It was written so that a reader can see how a longer text appears in the window, sentence by sentence.

First, the facts. On a rainy evening in March, $NAME walked home from the station. In front of the town hall the pavement was broken, and there was no light. $FIRST fell and hurt a shoulder. A witness, $OTHER, called for help and waited until it came.

Second, the client. The client lives in $TOWN and works in a small office. The client's Social Security number is $SSN. The e-mail address is $EMAIL, and the phone number is $PHONE. The bills of the hospital were paid from the account IBAN $IBAN.

Third, the question. Did the city do enough to keep the pavement safe? The client says that the hole had been there for {months|many weeks}. The city says that nobody had reported it. Both sides agree that the lamp was broken, and that it had been broken for some time.

Fourth, the documents. There are three letters, twelve photographs and one map. The first letter was sent by a neighbor, who complained about the lamp. The second letter is the answer of the city. The third letter was never answered. The photographs were taken on the day after the fall.

Fifth, the witness. $OTHER remembers the evening well. It was dark, the rain was heavy, and the hole was full of water. Nobody could have seen it. The witness had nearly fallen at the same place one week before, and had told the city about it on the phone.

Sixth, the talks. In May both sides met for the first time. The city offered to pay half of the bills. The client refused, because the shoulder still hurts and some work is no longer possible. In June they met again, and the offer was a little better.

Seventh, the costs. The bills of the hospital come to four thousand dollars. To this we add the lost wages of six weeks. The costs of the court are not yet known. If the case is lost, the client must pay them, and this risk was explained in a long {talk|meeting}.

Eighth, the next steps. We will ask the city for the list of calls about the lamp. We will ask a doctor to write about the shoulder. Then we will send one last offer. If it is refused, the case will go to court in the autumn.

Ninth, the conclusion. The case is not simple, but the documents are good and the witness is clear. We advise the client to wait for the list of calls before making a decision. This is the end of the example.""",
    },
    {
        "names": [
            "story about a {library|town|book|doctor|lawyer}",
            "history of a town",
            "description",
            "story about a library",
            "novel",
            "chapter",
            "article",
            "speech",
            "guide",
            "description of a town",
        ],
        "text": """
Chapter one. The library of $TOWN is the oldest house in the town. It has a green door, a round window and more than nine thousand books. {For many years|For a long time} its librarian was $NAME, who knew where every book stood and who had read it last.

Chapter two. One Monday morning a book was missing. It was a thin blue book about the stars, and nobody had borrowed it for ten years. $FIRST looked on every shelf, under every table and behind the clock. The book was not there. In its place lay a small white {card|note}.

Chapter three. On the card stood one sentence: I only need it until the rain stops. $FIRST looked out of the round window. The sky was blue, and it had not rained for weeks. So the librarian put the card into a drawer, made some coffee and waited for the rain.

Chapter four. Days went by. The farmers looked at the sky and shook their heads. The river became narrow, and children walked across it on the stones. Every evening $FIRST opened the drawer and read the card again. Then, on a Friday, the first cloud came over the hill.

Chapter five. It rained for three days. Water ran down the streets and into the gardens, and everyone in $TOWN stood at the window and laughed. On the fourth day the sun came back. And on the steps of the library, wrapped in brown paper, lay the blue book.

Chapter six. Between its pages there was a second card. Thank you, it said, the stars were where you said they would be. $FIRST did not understand. But in the book someone had drawn a thin line from star to star, and the line had the shape of the river.

Chapter seven. The librarian showed the drawing to $OTHER, who taught at the school and loved old maps. They sat over it until midnight. The line showed where the river had run a hundred years ago, before the town was built. And where the old river crossed the new one, there was a small mark.

Chapter eight. They went there with a spade on the next morning. The ground was soft from the rain. After an hour they found a stone box, and in the box a list of names. They were the names of all the people who had built the library with their own hands.

Chapter nine. The list hangs beside the green door today, behind glass. {Visitors|People} read it and look for their own family. Nobody ever found out who had borrowed the blue book. But since that year, whenever it rains, $FIRST leaves the round window open, just a little. The end.""",
    },
]
