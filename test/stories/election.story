# An election with every message: first the question whether others would vote, which changes no
# term; then the vote, which leaves a node only when term and vote are on its disk. The new leader
# commits with an entry of its own term.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
messages on
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.050  node 1  to 2, term 2: would you vote for me, my log ends with 1 of term 1
       0.050  node 1  to 3, term 2: would you vote for me, my log ends with 1 of term 1
       0.051  node 3  to 1, term 2: yes, if it came to it
       0.051  node 2  to 1, term 2: yes, if it came to it
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.053  node 1  to 2, term 2: vote for me, my log ends with 1 of term 1
       0.053  node 1  to 3, term 2: vote for me, my log ends with 1 of term 1
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.055  node 2  to 1, term 2: yes
       0.055  node 3  to 1, term 2: yes
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
       0.056  node 1  to 2, term 2: append 1 after 1 of term 1, committed is 0
       0.056  node 1  to 3, term 2: append 1 after 1 of term 1, committed is 0
run 8
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  to 1, term 2: have up to 1
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  to 1, term 2: have up to 1
       0.058  node 2  to 1, term 2: have up to 2
       0.059  node 3  to 1, term 2: have up to 2
       0.060  node 1  commits up to 2
messages off
status
       0.064  node 1  leader in term 2, log up to 2 of term 2, on disk 2, committed 2
       0.064  node 2  follower in term 2, log up to 2 of term 2, on disk 2, committed 0
       0.064  node 3  follower in term 2, log up to 2 of term 2, on disk 2, committed 0
