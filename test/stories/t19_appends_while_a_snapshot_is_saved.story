# T19. The state is large, so that saving it takes many steps. Node 2 acknowledges entries all the
# time, and nobody waits for the snapshot.

nodes 3 snapshot-every=12
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
set 1 key0 a 100000
       0.056  node 1  is asked (1): SET key0 aaaaaaaaaaaa... (100000 bytes)
set 1 key1 b 100000
       0.056  node 1  is asked (2): SET key1 bbbbbbbbbbbb... (100000 bytes)
set 1 key2 c 100000
       0.056  node 1  is asked (3): SET key2 cccccccccccc... (100000 bytes)
set 1 key3 d 100000
       0.056  node 1  is asked (4): SET key3 dddddddddddd... (100000 bytes)
set 1 key4 e 100000
       0.056  node 1  is asked (5): SET key4 eeeeeeeeeeee... (100000 bytes)
set 1 key5 f 100000
       0.056  node 1  is asked (6): SET key5 ffffffffffff... (100000 bytes)
set 1 key6 g 100000
       0.056  node 1  is asked (7): SET key6 gggggggggggg... (100000 bytes)
run 100
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.063  node 1  commits up to 3
       0.063  node 1  answers (1): done, index 3
       0.063  world   request 1 done: OK
       0.066  node 1  commits up to 4
       0.066  node 1  answers (2): done, index 4
       0.066  world   request 2 done: OK
       0.069  node 1  commits up to 5
       0.069  node 1  answers (3): done, index 5
       0.069  world   request 3 done: OK
       0.072  node 1  commits up to 6
       0.072  node 1  answers (4): done, index 6
       0.072  world   request 4 done: OK
       0.076  node 1  commits up to 7
       0.076  node 1  answers (5): done, index 7
       0.076  world   request 5 done: OK
       0.079  node 1  commits up to 8
       0.079  node 1  answers (6): done, index 8
       0.079  world   request 6 done: OK
       0.083  node 1  commits up to 9
       0.083  node 1  answers (7): done, index 9
       0.083  world   request 7 done: OK
set 1 key7 h
       0.156  node 1  is asked (8): SET key7 h (1 bytes)
set 1 key7 i
       0.156  node 1  is asked (9): SET key7 i (1 bytes)
set 1 key7 j
       0.156  node 1  is asked (10): SET key7 j (1 bytes)
set 1 key7 k
       0.156  node 1  is asked (11): SET key7 k (1 bytes)
set 1 key7 l
       0.156  node 1  is asked (12): SET key7 l (1 bytes)
run 5
       0.159  node 1  commits up to 14
       0.159  node 1  answers (8): done, index 10
       0.159  node 1  answers (9): done, index 11
       0.159  node 1  answers (10): done, index 12
       0.159  node 1  answers (11): done, index 13
       0.159  node 1  answers (12): done, index 14
       0.159  world   request 8 done: OK
       0.159  world   request 9 done: OK
       0.159  world   request 10 done: OK
       0.159  world   request 11 done: OK
       0.159  world   request 12 done: OK
set 1 key7 m
       0.161  node 1  is asked (13): SET key7 m (1 bytes)
run 5
       0.164  node 1  has saved a snapshot of index 14
       0.164  node 1  commits up to 15
       0.164  node 1  answers (13): done, index 15
       0.164  world   request 13 done: OK
       0.166  node 2  has saved a snapshot of index 14
set 1 key7 n
       0.166  node 1  is asked (14): SET key7 n (1 bytes)
run 5
       0.167  node 3  has saved a snapshot of index 14
       0.169  node 1  commits up to 16
       0.169  node 1  answers (14): done, index 16
       0.169  world   request 14 done: OK
set 1 key7 o
       0.171  node 1  is asked (15): SET key7 o (1 bytes)
run 200
       0.175  node 1  commits up to 17
       0.175  node 1  answers (15): done, index 17
       0.175  world   request 15 done: OK
